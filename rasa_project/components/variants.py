"""Sentences like marked ones, about other people, rooms and things: a tagger that learns from them learns no names."""

from collections.abc import Callable
from random import Random

from rasa_project.components.people import DOUBLE, GIVEN, SURNAMES
from rasa_project.components.spans import Span

#: How many of a sentence's names are replaced.
_OTHERS = 0.9


def _words(words: str, between: str = " ") -> list[str]:
    return words.split(between)


_SURNAMES = list(SURNAMES + "逄仝卞晏阚池邝揭邬鄢鞠楚敖占来尉隋牟")
_GIVEN = list(dict.fromkeys(GIVEN))[:330]
_DOUBLE = DOUBLE.split("|")
_TITLES = _words(
    "总 总 总 总 经理 经理 主任 主任 主管 老师 老师 老师 师傅 会计 律师 医生 大夫 护士 教练 教授 助理 秘书 书记 校长 院长 部长 处长 局长 科长"
    " 厂长 店长 队长 班长 组长 老板 同学 先生 女士 小姐 大哥 大姐 叔 阿姨 姨 舅 伯 爷爷 奶奶 哥 哥 姐 姐 工 工 董 导 局 处 科 校 院 店 行"
    " 队 所 副总 副理 副主任 总监 太 生 妈 爸 嫂 婶 头 医师 护士长 站长 馆长 警官 法官 班 台 监 师兄 师姐"
)
_KIN = _words(
    "老婆 老公 媳妇 爱人 我妈 我爸 老妈 老爸 妈妈 爸爸 爸 妈 儿子 女儿 闺女 儿媳妇 女婿 婆婆 公公 岳父 岳母 丈母娘 奶奶 爷爷 外婆 外公 姥姥 姥爷"
    " 弟弟 妹妹 哥哥 姐姐 表哥 表姐 表弟 堂哥 舅舅 舅妈 姑姑 姑父 小姨 大姨 姨妈 叔叔 婶婶 大伯 伯母 嫂子 大嫂 二哥 二姐 三叔 孩子他爸 孩子妈 亲家"
)
_POSTS = _words(
    "老板 老板娘 会计 出纳 财务 班长 组长 物业 设计师 律师 房东 中介 班主任 店长 厂长 院长 副院长 区总 大区经理 项目经理 产品经理 技术总监 人事 行政"
    " 前台 司机 领导 总监 主管 经理 部长 董事长 秘书 助理 客服 采购 导师 教练 保安队长 车间主任 仓管 库管 监理 供应商 甲方 客户 护士长 校长 园长 书记"
    " 村长 队长 站长 人力 法务 HR 老大 头儿 boss CEO 学委 课代表 团支书 教务主任 年级组长 审计 房管员 税务师 摄影师 木工师傅 保洁阿姨 门卫大爷"
)
_FOREIGN = _words(
    "Tony Lisa Kevin Amy Peter Jack Lucy Mary David Alice Tom Jerry Mike Linda Nancy Frank Eric Ivy Cindy Vivian Coco Ben Sam Leo Max Grace Helen"
    " Jason Kelly Wendy Andy Sunny Emily Angela Michael Chris Daniel Henry Joyce Rita Zoe Bob Fiona Gary Alex Steven tony lisa kevin amy peter jack"
)
_PET = _words(
    "豆豆 果果 乐乐 朵朵 轩轩 浩浩 涵涵 萌萌 糖糖 阳阳 小宝 大宝 童童 子轩 一诺 依依 米粒 可乐 毛毛 贝贝 丫丫 妞妞 当当"
)
_BYNAMES = _words(
    "胖虎 大熊 胖子 大刘 二狗 铁柱 老铁 二毛 狗蛋 大壮 大头 阿宝 豆包 二柱子 猴子 眼镜 老猫 老鬼 花姐 虎哥 龙哥 七七 三儿 老三 老幺 老七 阿九 胖丫 幺妹"
)
_CREATURES = list(
    "鹿熊虎象鱼鸟猫狗猪马龙牛羊猴兔胖黑白壮毛头呆宝贝飞东北鹏军刚伟强勇斌峰涛豆米麦桃杏梨雨雪月星乐朵果圆糖花草叶云"
)
_AREAS = _words(
    "华东 华南 华北 西南 浦东 徐汇 海淀 朝阳 城东 城西 城南 滨江 江北 南山 天河 东区 西区 一区 二区 三期 二期 总部 上海 北京 广州 深圳 成都 武汉"
    " 杭州 苏州 幸福里 阳光花园 万科城 碧桂园 翠湖 锦绣江南 三号楼 5栋 12号楼 新城 老城 河西 开发区"
)
_FIELDS = _words(
    "销售 市场 运营 产品 研发 技术 设计 财务 采购 行政 人事 项目 测试 客服 物流 仓储 质检 生产 车间 工程 施工 监理 培训 招聘 法务 门店 渠道 电商 直播"
    " 品牌 售后 供应链 数据 算法 前端 后端 教研 教务 班主任 护理 急诊 门诊 药房 检验 保洁 保安 物业 餐饮 酒店 前台 装修 安装 外贸 配送 骑手 司机"
)
_CLASSES = _words("三年二班 五年级 四年级三班 六一班 初二(3)班 高三1班 2024级2班 大一新生 小一班 中二班 一年级 研一")
_HOBBIES = _words(
    "羽毛球 跑步 爬山 篮球 足球 钓鱼 摄影 读书 书法 广场舞 乒乓球 骑行 露营 桌游 剧本杀 瑜伽 健身 团购 拼车 二手 美食 旅游 周末爬山 合唱 太极 围棋"
    " 徒步 亲子 育儿 养生 吃货 考研 英语角 股票 车友 宠物 相亲"
)
_OTHER_ROOMS = _words(
    "家族|一家人|相亲相爱一家人|大家庭|老同学|战友|闺蜜|高中同学|大学室友|发小|亲戚|老乡|我爱我家|邻居|姐妹淘|宿舍|Sales Team|Dev Team|产品Team"
    "|Marketing|QA小组|HR|IT支持|VIP客户|App项目|CRM项目|ERP上线|618大促|双十一|新品发布|五一出游|年会筹备|招标|投标|XX项目交付|星辰计划|Alpha项目"
    "|A标段|春节值班|应急|值班|晨会|周会|天猫|京东",
    "|",
)
_TOPICS = _words(
    "采购 装修 体检 培训 工资 考勤 会议 项目 产品 市场 客户 销售 财务 年度 季度 租赁 劳动 保密 施工 验收 招标 投标 设备 安全 消防 质量 工程 设计 户型"
    " 房产 车位 物业 学区 考试 作业 课程 春游 疫苗 药品 护理 排班 值班 食堂 团建 年会 快递 物流 发货 退货 库存 盘点 付款 发票 对账 税务 社保 入职"
    " 离职 绩效 签证 机票 酒店 行程 婚礼 门禁 停车 宽带 服务器 数据库 接口 版本 上线 需求 测试 原型 登录 支付 首页"
)
_PAPERS = _words(
    "合同 方案 名单 计划 计划书 说明 说明书 报告 清单 通知 流程 制度 手册 模板 图纸 预算 报价 报价单 证明 协议 密码 地址 电话 时间 价格 标准 要求"
    " 安排 进度 结果 成绩 表 单 单号 日程 细则 规范 总结 记录 大纲 申请表 对比 分析 教程 课件 资料 须知 攻略 优惠 延期 问题 故障 整改 照 编号 海报"
    " 封面 logo 截止日期 注意事项 负责人 联系方式 账单 明细 条款"
)
_SUBJECTS = _words(
    "涨价 裁员 搬家 停电 停水 放假 漏水 降价 退款 团建 体检 年终奖 预算 交付 上线 延期 密码 地址 报价 合同 发票 简历 标书 课件 花名册 wifi密码"
    " 门禁卡 vpn 身份证 营业执照 房产证 银行卡号 快递柜 取件码 会议号 邀请码 折扣 押金 房租 水电费 物业费 补课 家长会 运动会 接种 挂号 手术 药方"
    " 机票 酒店 签证 行程单 演唱会 年夜饭 奖金 加薪 转正 五险一金"
)
_FILES = _words(
    "pdf PDF word excel Excel ppt PPT 图片 照片 截图 视频 表格 文档 语音 录音 压缩包 zip 链接 录屏 幻灯片 docx xlsx csv 音频 相片 截屏 gif jpg png"
)
_BOTS = _words(
    "Jarvis Friday Siri Nova Kitty Echo 二狗子 铁蛋 旺财 大管家 豆包儿 机器猫 贾维斯 小助理 哆啦 皮卡丘 花卷 汤圆 包子 土豆 芝麻 布丁 奶茶 糯米"
    " 年糕 饺子 可乐 咖啡 柠檬 西瓜 大聪明 万事通 百晓生 小灵通 账房先生 师爷 军师 大掌柜 店小二 小跟班 招财猫 算盘侠 钢铁侠 闪电姐"
)


def _surname(chance: Random) -> str:
    return chance.choice(_SURNAMES if chance.random() < 0.92 else _DOUBLE)


def _given(chance: Random) -> str:
    return "".join(chance.choices(_GIVEN, k=2))


def _person(chance: Random) -> str:
    ways: dict[Callable[[], str], int] = {
        lambda: _surname(chance) + chance.choice(_TITLES): 22,
        lambda: chance.choice("小小小小老老老阿大") + chance.choice(_SURNAMES): 10,
        lambda: chance.choice("小阿阿大老") + chance.choice(_CREATURES + _GIVEN[:100]): 6,
        lambda: _surname(chance) + _given(chance)[: 1 + (chance.random() < 0.68)]: 23,
        lambda: _given(chance) + chance.choice(["", "", "", "", "姐", "哥", "老师"]): 8,
        lambda: chance.choice(_FOREIGN): 7,
        lambda: chance.choice(_KIN): 6,
        lambda: chance.choice(_POSTS): 9,
        lambda: chance.choice(_PET) + chance.choice(["", "妈", "妈妈", "爸", "爸爸", "奶奶", "姐", "老师"]): 3,
        lambda: chance.choice(_FIELDS) + chance.choice("小老") + chance.choice(_SURNAMES): 2,
        lambda: chance.choice(_FIELDS) + chance.choice(["", "部", "科"]) + _surname(chance) + chance.choice(_TITLES): 2,
        lambda: chance.choice(_BYNAMES): 2,
    }
    return chance.choices(list(ways), list(ways.values()))[0]()


def _room(chance: Random) -> str:
    area = chance.choice(_AREAS)
    groups = ["", "部", "组", "一部", "二部", "一组", "三组", "中心", "团队", "小组", "科", "对接", "交流", "项目"]
    places = ["业主", "住户", "邻里", "物业", "店", "店长", "店员工", "团队", "分公司", "工地", "项目部", "大区"]
    pupils = ["", "家长", "家委会", "老师", "班委", "同学", "作业", "通知"]
    circles = ["", "队", "小分队", "俱乐部", "爱好者", "社", "兴趣小组", "协会"]
    name = chance.choices(
        [
            (area if chance.random() < 0.35 else "") + chance.choice(_FIELDS) + chance.choice(groups),
            area + chance.choice(places),
            chance.choice(_CLASSES) + chance.choice(pupils),
            chance.choice(_HOBBIES) + chance.choice(circles),
            chance.choice(_OTHER_ROOMS),
        ],
        [45, 10, 12, 12, 21],
    )[0]
    ends = ["群", "群组", "大群", "小群", "微信群", "工作群", "1群", "二群", "的群", "group", ""]
    end = chance.choices(ends, [70, 1, 1, 1, 1, 1, 1, 1, 1, 1, 25])[0]
    return name + (end or ("" if len(name) > 2 else "群"))


def _query(chance: Random) -> str:
    topic = chance.choice(_TOPICS) + chance.choice(_PAPERS)
    return chance.choices(
        [topic, chance.choice(_SUBJECTS), chance.choice(_TOPICS) + topic, chance.choice(_AREAS) + topic], [55, 30, 8, 7]
    )[0]


def _nickname(chance: Random) -> str:
    return chance.choice(
        [
            chance.choice("小小小阿大老") + chance.choice(_CREATURES + _GIVEN[:150]),
            "".join(chance.choices(_CREATURES, k=2)),
            chance.choice(_PET),
            chance.choice(_BOTS),
        ]
    )


_MAKERS: dict[str, Callable[[Random], str]] = {
    "person": _person,
    "room": _room,
    "query": _query,
    "nickname": _nickname,
    "file_kind": lambda chance: chance.choice(_FILES),
}


def vary(text: str, spans: list[Span], chance: Random) -> tuple[str, list[Span]]:
    """The clean sentence with something else in most of its spans, and where they stand now."""
    said, at = "", 0
    moved: list[Span] = []
    for span in sorted(spans, key=lambda span: span.start):
        said += text[at : span.start]
        value = text[span.start : span.end]
        if span.entity in _MAKERS and chance.random() < _OTHERS:
            value = _MAKERS[span.entity](chance).lower()
        moved.append(Span(span.entity, len(said), len(said) + len(value)))
        said, at = said + value, span.end
    return said + text[at:], moved
