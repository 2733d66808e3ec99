"""The few dozen notions that commands are made of, and the words that people use for each."""

import re

#: Notion -> its words, on shaped text. Words may serve several notions: 图片 is a file and a picture.
_WORDS = {
    "report": "日报|日包|日抱|曰报|日暴|报表|每日报告|简报|统计|daily report|数据",
    "minutes": "纪要|记要|纪耀|继要|计要|会议记录|总结|摘要|要点|重点|概括|归纳|梳理|提炼|结论|summary|minutes|recap|省流",
    "mail": "邮箱|邮件|信箱|油箱|有箱|邮想|邮相|邮寄|邮一|e-?mail|mail|E",
    "send": "发|寄|送|传|推|给我",
    "remind": "提醒|题醒|提型|体醒|提个醒|闹钟|脑钟|闹种|remind|alarm|定时器|倒计时|计时",
    "call": "[叫喊催]我|[叫喊]一声|[叫喊]醒|叫.起床",
    "todo": "待办|代办|带办|待伴|todo|to do|任务|事项|日程|安排",
    "again": "再|重新",
    "delay": "推迟|推池|推尺|延后|延厚|延迟|延期|往后|推后|推到|延到|挪到?|改到|晚点|晚些|稍后|稍候|稍晚|等会|等下|等一下|过会|一会儿?|待会|回头"
    "|贪睡|拖|缓|snooze|postpone|delay|later",
    "done": "完成|做完|作完|办完|弄完|干完|搞定|高定|办好|弄好|做好|办妥|弄妥|处理完|处理好|打勾|打个勾|勾掉|划掉|了结|done|finished?|ok了",
    "already": "已|过了|好了|完了",
    "which": "哪些|什么|啥|列表|清单|列出|列一|多少|几个|几条|都有|有没有|还有|还剩|所有|全部",
    "remove": "注销|断开|解[绑除开]|摘[下掉]|脱[离钩]|剔|拿掉|取消|删|清空|清除|去掉|撤|关掉|关闭|关了|停掉|停止|停了|移除|不要了|cancel|delete",
    "stop": "别|不再|不许|甭|莫|唔好|不要|不用|不需要|不想|不必|免了|停",
    "set": "设|定|建|加|添加|新增|记[一个到]|创建|安排|add|set",
    "application": "申请|审请|申情|报销|报消|报肖|请假|请[^了过]{0,6}假|[年病事休婚产]假|调休|采购|出差|加班|用车|用印|盖章|付款|借款|补卡|外出|单子|单据|请假单",
    "submit": "提交|提个|提一|发起|发个|新建|填|走个|走一|递交|交一|帮我|我要|我想|apply|submit",
    "approval": "审批|审核|待审|待批|批|审|approval|pending",
    "approve": "同意|同亿|批准|通过|准[了予假]|批了|放行|给过|approve|agree",
    "reject": "驳|拨回|波回|拒|打回|退回|退了|不同意|不批|不准|不通过|不能通过|不予|否决|否了|reject|decline",
    "status": "进度|进展|状态|到哪|到谁|哪一步|批了[吗没]|批下来|通过了?[吗没]|过了[吗没]|结果|怎么样|审完|卡在|动静|消息|情况|status",
    "withdraw": "撤|车回|彻回|收回|作废|终止|销假|withdraw|recall",
    "transfer": "转给|转交|移交|交给|转审|转派|转办|转到|专给|传给|让.{1,4}[批审]|换.{1,4}[批审]|请.{1,4}[批审]|由.{1,4}[批审]|transfer|forward|assign|delegate",
    "file": "文件|档案|合同|和同|ppt|pdf|excel|word|表格|[^日]表|文档|照片|图片|图骗|视频|录音|录像|语音|压缩包|安装包|课件|资料|方案|报价单|名单|简历|图纸"
    "|发票|截图|设计[稿图]|模板|附件|手册|标书|扫描件|计划书|报告|说明书|slides|file|F",
    "image": "图|照片|海报|白板|黑板|名片|截屏|image|picture|pic",
    "text": "文字|文子|字|内容|写了|写的|写着|写啥",
    "read": "识别|十别|识图|提取|转文字|转成文字|转换|读|念|认|扫|ocr|打出来|抄下来|抠|extract|read",
    "find": "找|照文|搜|查|翻|在哪|哪里|放哪|定位|search|find",
    "say": "说|提到|提过|提及|聊|讨论|讲|谈|发言|聊天|记录|消息|@我|艾特|原话",
    "show": "看|瞧|瞅|瞄|给我|发我|发一下|来一份|来份|来个|给份|出一?份|出个|调出|打开|显示|拿来|生成|整理|show",
    "regular": "订阅|订月|定阅|推送|定时|自动|以后|按时|subscribe|push|R",
    "fix": "不是|不对|错|我说的|我是说|我指|我意思|我的意思|我要的|我问的|更正|纠正|修正|应该是|口误|手误|wrong|i mean|actually",
    "also": "也|还要|还有|顺便|同样|另外|那|换",
    "question": r"[吗么呢?]|没有?$|不$|怎么|为什么|为啥",
    "who": "谁",
    "third": "他|她|人家|别人|老师|客户|妈|爸|孩子",
    "past": "过|了",
    "me": "我",
    "ordinal": "O|前者|后者|[前后上下中间左右最新末]+(?:面|边|一|头)?[那个条]|最后|倒数",
    "room": "群",
    "person": "Q|张三|李四|王五",
    "time": "[HTPDR]",
    "future": "T",
    "before": "P",
    "length": "D",
    "recording": "记录|纪录|归档|存档|保存|存",
    "account": "账号|绑|榜|邦|解绑|登录|登出",
    "name": "名|叫你|你叫|昵称|称呼",
    "bot": "机器人|应答|回复|说话|闭嘴|安静",
    "you": "你",
}
_NOTIONS = [(name, re.compile(words)) for name, words in _WORDS.items()]


def notions(shaped: str) -> list[str]:
    """The notions of a shaped text, in the order in which each first comes up."""
    found = [(match.start(), name) for name, pattern in _NOTIONS if (match := pattern.search(shaped))]
    return [name for _, name in sorted(found)]
