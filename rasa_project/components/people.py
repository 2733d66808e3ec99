"""Who a sentence speaks of: 老李, 王总, 陈老师, @小赵, and full names where a person stands (张晓梅的申请)."""

import re

from rasa_project.components.posts import find_posts
from rasa_project.components.spans import TAKEN, Span

_COMMON = (
    "赵钱孙李周吴郑王冯陈蒋沈韩杨朱秦许何吕施张孔曹严金魏陶姜谢邹苏潘葛范彭鲁韦马方俞任袁柳鲍史唐薛雷贺倪汤殷罗毕郝安常于傅齐康伍余顾孟"
    "黄穆萧肖尹姚邵汪祁毛戴宋庞熊纪舒项祝董梁杜阮蓝季贾路江童颜郭梅林钟徐邱骆高夏蔡田樊胡凌霍万柯管卢莫丁邓单洪包左石崔吉龚程邢裴陆荣翁"
    "段焦侯宁甘武刘景詹龙叶黎白赖卓乔闻翟谭申冉桂牛尚温庄柴阎连欧易廖耿聂冷辛简饶曾关查覃佘佟华"
)
#: Rare ones count only before a given name.
SURNAMES = _COMMON + "褚戚喻柏窦章葛岑邬湛禹狄臧闵麻娄裘缪荀甄储靳屈姬桑瞿慕古寇巩"
DOUBLE = "欧阳|上官|诸葛|司马|司徒|东方|皇甫|尉迟|公孙|慕容|令狐|夏侯|端木|南宫|长孙|宇文|独孤"
#: What given names are made of.
GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛超明霞平刚桂英华玉兰红梅春菊秀珍凤燕云莲玲翠娥琴萍雪琳珊珠琪瑶瑜璐瑾琼瑞璇欣怡佳嘉慧惠淑雅婷婉娇妮妍媛嫣"
    "婧娴姗倩茜莉莎薇萌蓉蓓蕾菲芸芬芝茹荣莹萱萍葵蔓蕊若雯霄霏晓晨晴晶晖昊昕昱旭晗晟曦睿智志毅恒泽浩涵润清澜淼淳沛泓洁鸿鹏鹤飞翔羽宇宁安"
    "宏宗定宝宸寒岩峰岚峻嵩岳岭川建国庆民生振兴兵斌彬文武斐博学思诚信仁义礼忠孝良善德福禄寿康健乐永长久远光亮辉煌耀操黛钗丕懿禅妲妃婵锟铎琏芊暄圳炫恺垠垣坤堃汐湘葵祁峥烽垚韶昀曜砚祈绎缇苇苓蓁衍裳觅赟邈钦霈霓骐骞鸾麓紫炎焱烨炜灿熙林森楠松柏"
    "桐梓栋彤杉桦枫梁权柯枝柳竹钧钰铭锋锐锦鑫鑫铁钢金银石磊玮珂琦琛琨璟琰冰凌冬夏秋阳升东南北西海江河波涛浪洪源溪滨凯旋胜利成功立新力达通"
    "祥吉昌盛世纪元启开方圆正直刚阔广瀚帆航舟远征程跃腾龙虎豹彪骏驰马牛羊鸽雁雀莺蝶梦诗书画琴棋墨雨露霜雷霆虹星辰月子之一三四五六小大天可以爱"
    "心意情念恩慈悦愉忆恬恺恋悠卓越群俊伟健佑佐依俪倪仪仙仕任伊伦伶位何俞修倩偲健傲儒允元先克兰其典军冠冬刚创利劲励勤勋化千卉华南博卫原厚双发"
    "叶同君吟听启周和咏品哲唯唐善喜器园培基堂墨壮声处备复多夕夫奇奕奥好如妙妤妹姣姝娅娆婕媚孟季宛容宽宾密富寅尚尧展山岐岑崇川工巧巍帅希席常"
    "幼庭廷弘张弛弦强归彦彩影征径微德忻怀性恕悟惜愫慕懿战扬承抒拓振捷掌敬敦斯方旋日旦昂昌昭时昶晋晏景智暄暖暮曼朋朗朝木本朴杏材束来柔栩树根格桃"
    "梅棣楚槐欢歌正歆毓水汐池沁沐沛泉泊泰洲津活浦涓润深渊湘湛满漪漫澄烁然煊照熠燃爽牧玄玖玥珏珑珩理琅瑄璨甜田甫画略皓盈真睦知石研硕碧磬祎祖禾"
    "秉秋稷空竣章笑筠筱简箫籁米粲素紫红纯纹纬绍经绣维绮缘缦翰翎翠耘聪胤致舒良艺艾芃芊芙苑苒苗苹范茂茵草荔荷莓莘菁菱萌萍落葆葛蒙蒲蓝蔚薪藏藻虞"
    "融行裕言誉语诺读谊谦谨豪贝贞贤贵赋赐超路轩载辞达迅迎近迪迈远连逊逸遥道邦郁郎采野量铎锴镇长问闻阁阅陶隆隽雄雅霁露青靖静非韬韵音顺颂颖颜风"
    "馨驹骄高魁鲁鸣鸽鹂麒麟黎默齐轶喆珈忱廓粒娣娥姿奎威彰桥棠沙湖澎灵焕琼稳臻舜蒋薛衡赫逢酉里钊铮镕闽阿陆霖靓頔飒骁鸥桢梵沅泠淇渝滢潇潞澍瑗瑛瓒畅皎睎祺祯禧稚穆筝粤绪缨羚翀翊"
)
_TITLE = (
    r"(?:总监|总经理|副总裁|总裁|副总|总|副?经理|副?主任|副?主管|班主任|老师|师傅|会计|出纳|律师|医生|大夫|护士长?|教练|教授|博士|导师|助理|秘书|书记|校长|园长|院长"
    r"|副?部长|副?处长|副?局长|副?科长|副?厂长|店长|馆长|站长|行长|队长|班长|组长|团长|村长|镇长|所长|老板娘?|同学|先生|女士|小姐|大哥|大姐|大叔|大爷|大妈|阿姨|姨|舅舅?|妹子?|叔叔?"
    r"|婶|伯伯?|爷爷|奶奶|姑姑?|嫂子?|哥|姐|工(?![作资程地单厂具商序期时会牌位龄装种伤棚业])|董(?![事])|导(?![出入致航览演语读])|妈妈|妈|爸爸|爸)"
)
_TITLED = re.compile(
    rf"(?<![谢多感酬])(?:{DOUBLE}|[{_COMMON}](?:[{GIVEN}]{{1,2}}?(?=(?:老师|经理|主任|总监|会计|师傅|同学|律师|医生|主管|教授|妈妈|爸爸|先生|女士|小姐|奶奶|爷爷)))?){_TITLE}"
    rf"|[小大]?[{GIVEN}]{{1,2}}(?:妈妈|爸爸|奶奶|爷爷)|(?<![前最年从{_COMMON}])[小老阿大][{_COMMON}](?:{_TITLE})?"
    rf"|(?<![{_COMMON}])(?:小|阿)[明红芳美丽杰强军刚涛敏静燕玲娟霞婷雪琪瑶飞鹏辉峰磊勇斌伟亮东兰梅倩云宇阳洋晨雨雯晴欣可佳琳雅涵豪文龙虎凯鑫健珍花翠菊芬英萍凤莉娜蓉慧莹玉薇蕾菲航浩凡帆波琴芸茜颖璐莲桃彤悦]"
    rf"(?![生书天工作家业装])|(?<![表堂学师空帅小大])(?![大小学二三一四五六七八九美可的之])[{GIVEN}][哥姐](?![哥姐们妹夫])|(?<![{SURNAMES}])(?P<twice>[婷媛莉娜佳倩莹琪瑶雯晶蕾薇娇露琳珊玲菲圆乐萱欣怡豆朵妞])(?P=twice)"
)
#: What looks like a name with a title and is another word.
_NO_TITLE = re.compile(
    r"[小老](?:马(?:路|甲|上|虎)|石(?:头|子|块)|金(?:额|库|属|鱼)|白(?:板|兔|菜|鼠|干|领)|黄(?:[车人鱼历瓜豆鸭]|牛)|江(?:湖|边)|方(?:法|案|块|便|向)|常(?:识|用|规)|安(?:装|全|排)|米(?!.?[发说的])"
    r"|高(?:考|中|峰|清)|夏天|车|龙虾|毛(?:病|孩|驴)|雷达|路|万|单|包|项目?|管|费|景|欧|连|牛|查|温|童|简|华|祝|莫|关|尚|齐|左|龙|荣|康|吉|梅花|林(?:地|区)|丁点|花(?:生|园|费)|红书|文(?:件|字|本|章|档)|明(?:天|白)|美女|飞机|东西|雨伞|可|英语)"
    r"|[大](?:马|段|石|金|白|黄|江|方|安|高|夏|雷|毛|路|万|包|项|管|费|景|连|牛|温|简|华|关|林|雪|明|家|美|红|会|师|齐|龙|梁|单|查|康|常|何|于|任|余|许|周|汤|张(?!.?[发说的])|史|鲁|季|江|宁|武|甘|申)"
    r"|阿(?:姨|里|哥)|(?:任何|周总|方总是|于总结|全总|高总|万总|单总|白总|关总|何总|安总|左总|查总)(?:结|是|数|共|计)|(?:关于|对于|属于|等于|由于|至于|基于|位于|终于|在于|处于|大于|小于|用于|便于|鉴于|出于|过于|善于)|路由|毛利|常务|石工|金工|安工|施工|雷达|高导|连班长|万能"
)
_AFTER_TITLE = re.compile(r"总(?:结|是|数|共|计|体|量|额|部|算|之|比|价|和|会议?)|[哥姐]们|工作")
_RIGHT = (
    r"(?=$|[\s,.!?;:，)\]\0/&+]|发|传|说|提|讲|聊|上传|分享|给|问|回|写|做|交|转|拍|录|贴|晒|推|定|答应|要|"
    r"的|那[张个条份笔单儿边]|这[张个条份笔单]|昨|今|明|上|下|前|刚|之前|以前|最近|周|星期|请|报|批|审|申|看|处理|签|代[批审签理]|负责|来|去|跟|和|与|对|在|也|都|就|还|没|不|"
    r"吧|呢|吗|啊|了|一下|有没|是|参加|开会|记得|别|把|打|采|出差|加班|用|外出|年假|病假|事假|休|调|收|带|准备|通过|同意|驳|拒|\d|他|她|让|买|取|填|到|接|换|过|改|约|见|喊|叫|同学|老师)"
)
_LEFT = (
    r"(?:转给|转交给?|转审(?:给|到)?|转批给?|转到|移交给?|移给|委托给?|委派给?|授权给?|改派给?|改由|改成|换成|归|畀|俾|搵|cc|交给|交由|递给|派给|指派给?|转派给?|转|推给|发给|抄送给?|寄给|告诉|告知|通知|提醒|嘱咐|催(?:一?下)?|喊|让|叫|请|找|问(?:一?下)?|由|换|替|跟|和|与|同|向|对|给|帮|等|约|联系|见|拜访|陪"
    r"|同意|批准|批(?:一?下)?|通过|驳回|拒绝|退回|打回|不批|准了?|查(?:一?下)?|搜(?:一?下)?|看(?:一?下)?|翻(?:一?下)?|找(?:一?下)?|把|将|是|@|,|我说的是|我是说|不是|有没有|谁|assign给|以及|及|看看|查查|搜搜|翻翻|找找)"
)
_NAME = rf"(?:(?:{DOUBLE})[{GIVEN}]{{1,2}}?|[{SURNAMES}][{GIVEN}]{{1,2}}?)"
_AT = re.compile(r"@([^\s@\0,.!?:;，。！？：；、]{1,20})")
#: What goes on behind a name typed by hand: @大鹏名下.
_AT_END = re.compile(
    r"名下|那[边里儿]|这[边里儿]|处理|审批|审核|审一|来审|批一|帮忙|记得|负责|看一下|的(?:申请|请假|报销|单|待办|提醒)|[今明后]天|下?周[一二三四五六日末]|[上下]午"
)
#: Names that end where something goes on that a person does or has; the shortest that fits.
_BEFORE_DEED = re.compile(
    rf"(?:(?:{DOUBLE})[{GIVEN}]{{1,2}}?|[{SURNAMES}][{GIVEN}]{{1,2}}?)"
    r"(?=(?:[\0\s]|昨天|今天|刚才|刚刚|之前|以前|上次|最近|前几天|刚|来|再|先|又|曾经?|已经|是|在群里|在|也|都|有没有|到底|是不是|没有?|还)*"
    r"(?:在群里)?(?:(?:发|传|说|提|讲|聊|转|写|做|交|拍|录|上传|分享|整理)(?:的|过|了|到|给|没|出|什么|啥|$)|怎么说|怎么讲|说没说|提没提|发言|提[的交过]|请[的了]?[\0]*[年病事婚产陪丧]?假"
    r"|的[^,.]{0,6}(?:申请|审批|单子?|报销|请假|采购|出差|加班|付款|用印|用车|借款|流程|调休|合同|[年病事婚产]假|外出|补卡|文件|图|照片|视频|表|方案|ppt|链接|语音|待办|任务|提醒)|那[张个条份笔单]"
    r"|请假|报销|报的|加班|出差|采购|申请|用印|用车|付款|借款|调休|年假|病假|事假|外出|补卡|休假|的?邮箱|(?:那|这)(?:单|笔|张|条|份|个)))"
)
_BEHIND_WORD = re.compile(rf"{_LEFT}\s?(?P<name>{_NAME}){_RIGHT}")
_ALONE = re.compile(
    rf"^[,\s]*(?:那|是|就是|应该是|我说的是|不是|换成?)?(?P<name>{_NAME})(?:的?(?:呢|吧|那[个张份条单])|的|呀|啊)?[\s,.!?]*$"
)
_SIMPLE = re.compile(r"(?:张[三]|李四|王五|赵六|钱七|孙八)(?![点个月年号])")
#: Words that are made like names.
_NO_NAMES = re.compile(
    r"申情|纪耀|高兴|高清|高新|高明|高大|高度|高效|高峰|高原|高尚|高贵|安全|安心|安静|安宁|安康|安阳|安利|安居|安家|成功|万一|万元|万达|万能|万科|许可|方正|方圆|方程|方言|方略|平安|平时|平台|平均|平方|平常|平等|平行|华为|华东|华南|华北|华中"
    r"|白天|白云|白金|白水|白马|白日|金石|金华|金山|金银|石材|石家|江南|江山|江东|江西|江湖|马力|马达|马路|黄河|黄金|黄山|黄石|毛利|温馨|温州|温暖|温度|沈阳|苏州|杭州|广东|广西|广州|广场|东方|东西|东南|东北|南方|云南"
    r"|明天|明日|明明|明月|明年|应该|应当|文本|文书|文明|文学|文科|文员|文秘|文艺|连续|连同|解决|解散|管理|管家|程序|程度|时间|时候|时事|包子|包含|包括|利润|利率|利益|通知|通过|通用|通常|通道|通信|通讯|相关|相同|相信|相机|相声|和平|和好"
    r"|车子|车辆|车库|车间|车马|单子|单位|单元|单品|单双|项目|步骤|步行|都在|都是|都没|都好|都可|师生|师德|师大|公司|公文|公共|公开|公园|公章|公里|公众|公路|公式|红包|红色|红旗|红利|游戏|游泳|关系|关心|关于|关照|关门|终于|终止|终端|终身|从来|从前|从小|边上"
    r"|向上|向日|古文|古诗|古典|利用|那时|那么|那里|那以|那天|那之|那些|那一|那个|那大|那三|那四|那五|那六|那小|那可|那同|那先|那种|那如|那位|东东|容易|容量|习题|习惯|简介|简历|简单|简直|简易|查找|查收|查询|查阅|查一|查到|能量|权利|权力|权益|益处|武器|武林|武汉|常用|常常|常规|常见|常识|景点|景色|景观"
    r"|乐意|乐园|乐观|齐一|齐全|齐心|华润|康复|康乐|元旦|元素|元宝|米饭|贝壳|谈话|谈心|谈一|谈好|宋体|纪元|纪念|纪要|季度|季节|江边|童心|童年|童装|林业|林地|钟头|高中|高考|高端|高级|夏天|夏季|田园|田地|蓝天|蓝牙|路上|路口|路由|路线|席位|席卷|梅花|盛大|应用|房子|房东|房间|房源|解放|解锁|解说|丁香|邓小|洪水|左右|左边|石头|吉祥|吉利"
    r"|程南|段子|段落|焦点|焦虑|山东|山西|山水|山川|山海|谷歌|班子|班里|班次|班会|班长|班车|班级|班主|秋天|秋季|秋冬|宁可|宁夏|宁波|甘肃|武功|符合|景德|龙头|龙舟|叶子|司机|司马|薄弱|白色|白酒|池子|乔迁|闻名|党员|党建|党费|党课|劳动|劳务|劳驾|申请|申报|桂林|桂花|牛奶|牛肉|牛马|寿司|通天|燕子|尚可|温泉|庄子|庄园|连接|连连|连云|习近|向阳|易拉|易怒|居民|居然"
    r"|衡量|步步|耿直|满意|满足|满分|文件|文档|文字|文章|文案|文化|文娱|广大|广告|广播|欧元|欧美|欧洲|利好|越来|越多|越好|冷天|冷静|冷风|冷水|辛苦|简洁|简化|饶了|曾经|关闭|关羽.?$|相思|相爱|红豆|红木|红枣|游客|游学|权限|公安|肖像|何时|何必|何况|何处|何以|何种|任何|任意|任务|任职|任一|于是|周一|周三|周四|周五|周六|周天|周日|周月|周年|周期|周末|周边|周会|周转|周报|周长|周知|周到"
    r"|张力|张大|张开|陈述|陈列|陈旧|严格|严重|严肃|严谨|严禁|金融|金额|金属|金钱|魏公|谢一|谢大|苏打|范围|范本|范文|马上|马大|马虎|方法|方便|方式|方向|方案|方面|任性|史上|史料|费用|费心|费力|雷声|雷雨|贺卡|贺信|汤圆|罗列|毕业|毕竟|常在|于和|余额|余量|余下|顾客|顾问|顾虑|孟加|黄了|黄色|毛病|毛巾|戴好|宋代|熊猫|舒服|舒心|舒适|项链|祝福|祝贺|祝愿|祝好|祝你|董事|梁山|杜绝"
    r"|贾克|江河|梅雨|林子|徐州|高铁|胡同|万事|万里|万世|万众|万千|莫非|莫名|莫大|莫言.?奖|解一|包容|包装|包裹|包邮|包月|石油|程式|陆续|陆地|陆军|荣誉|荣幸|荣耀|曲子|曲线|封面|封闭|储备|储存|段时|牧场|车队|车位|车票|车展|车主|车牌|车险|仲裁|祖国|武术|翟天|谭木|桑拿|同意|时光|成本|成绩|成员|成品|成交|成都|水果|水电|水费|商量|商品|商业|商务|和谐|和风"
)
#: Names in Latin letters: Tony说的, 转给Amy.
_LATIN = re.compile(
    r"(?:转给?|转审|交给|提醒|告诉|通知|让|叫|@|发给|给|跟|和|约|请|问|见|陪|找|由|换|同意|批准|驳回|拒绝|(?<![a-z])(?:forward to|assign to|ask|tell|remind|to)(?= )) ?(?P<a>[a-z]{2,12}(?: [a-z]{2,12})?)(?![a-z0-9.@_])"
    r"|(?<![a-z0-9.@_])(?P<b>[a-z]{2,12})(?=[\0\s]*(?:怎么说|说[的过了没]|提[到过]|发[的过了]|传[的过了]|分享的|贴的|上传的|share过?的|send过?的|(?:的|那[张个份])(?:申请|报销|请假|单子|采购|出差|加班)))"
)
_NO_LATIN = re.compile(
    r"(?:pdf|pptx?|docx?|xlsx?|word|excel|wifi|wi|fi|app|bug|logo|email|mail|vpn|api|hi|hello|ok|todo|by|who|me|my|us|the|mp[34]|jpg|png|zip|rar|txt|csv|url|git|pending|snooze|remind|approve|report|standup|meeting|deadline|demo|review|call|pass|reject|ui|ip|it|qq|later|again|now|assign|forward|transfer|delegate|to|cc|when|if|up|in|on|at|pls|please|wechat|weixin|report|boss)(?: |$)"
)

_NOBODY = re.compile(r"过|了|的|到|最|消息|我|你|他|她|谁|大家|所有|全体|全员|机器人|助手|一下")
#: 一张好看的, 几段语音: what is counted is no surname; nor is what ends another word.
_COUNTED = re.compile(
    r"(?:[几一两二三四五六七八九十\d这那每半整][张段单包]|[盖公印用文规]章|[打红钱面书]包|[公企]安|提高)$"
)


#: 张敏和阿杰: the first of two, where the second is known to be a person.
_BEFORE_OTHER = re.compile(rf"(?:^|[\s,\0把让给叫@找])(?P<name>{_NAME})[和跟与]")
#: 王局, 李处: a title cut short, where a person is asked; 阿Ben.
_SHORT = re.compile(
    rf"(?:(?<=[给转请让由找跟示])(?!高校)[{_COMMON}][局处科院校队所律](?=$|[\s,.!审批签看来说的那])|(?<![a-z])阿[a-z]{{2,10}}(?![a-z]))"
)
#: 佳玲, 志明: only who shall sign is called by a given name alone.
_GIVEN_ONLY = re.compile(
    rf"(?<=[给由让找叫成])(?!大家|东西|本人|别人|同事|老板|行政|方便|上[面级]|可以|一[个下起])[{GIVEN}]{{2}}(?=[签审批代]|来[签审批]|处理|$)"
)
#: 财务小吴, 法务部小沈: who is told apart by where they work.
_DEPARTMENT = re.compile(
    r"(?:财务|法务|人事|行政|采购|销售|技术|市场|运营|仓库|客服|产品|前台|设计|工程|生产|质检|品控|后勤|物流|门店|研发|测试|运维|售后|商务|仓储|招聘|培训|车间|司机|出纳|会计|hr|it)(?:部门?|组)?$"
)
#: 陈生, as in Cantonese, is a person only where one is needed: 先生 is much else.
_CANTONESE = re.compile(rf"(?<=[畀俾给交搵叫同由])[{_COMMON}][生太](?=$|[\s,.!审批签睇处话讲定嘅])")


def find_people(text: str, intent: str | None = None) -> list[Span]:
    """The people named in a clean text, without the @ before them."""
    spans = [_mentioned(text, found) for found in _AT.finditer(text) if not _NOBODY.match(found[1])]
    taken = [(span.start, span.end) for span in spans]

    def add(start: int, end: int) -> None:
        if all(end <= first or start >= last for first, last in taken):
            if where := _DEPARTMENT.search(text, max(start - 5, 0), start):
                start = where.start()
            taken.append((start, end))
            spans.append(Span("person", start, end))

    for found in _TITLED.finditer(text):
        if text[found.start()] == "方" and text[: found.start()].endswith(("对", "甲", "乙", "双", "各", "多")):
            continue
        if not _NO_TITLE.match(text, found.start()) and not _AFTER_TITLE.match(text, found.end() - 1):
            add(*found.span())
    for found in _SIMPLE.finditer(text):
        add(*found.span())
    for found in _BEFORE_DEED.finditer(text):
        if _may_be_name(text, found.start(), found.end()):
            add(*found.span())
    for pattern in (_BEHIND_WORD, _ALONE):
        at = 0
        while found := pattern.search(text, at):
            start, end = found.span("name")
            if _may_be_name(text, start, end):
                add(start, end)
                at = end
            else:
                at = found.start() + 1
    for found in _LATIN.finditer(text):
        name = "a" if found["a"] else "b"
        if not _NO_LATIN.match(found[name]):
            add(*found.span(name))
    for pattern in (_CANTONESE, _SHORT, *([_GIVEN_ONLY] if intent == "transfer_approval" else [])):
        for found in pattern.finditer(text):
            add(*found.span())
    for start, end in find_posts(text, intent):
        # 组长阿豪 is named already.
        if all(end != first for first, _ in taken):
            add(start, end)
    for found in _BEFORE_OTHER.finditer(text):
        if any(first == found.end() for first, _ in taken) and _may_be_name(text, *found.span("name")):
            add(*found.span("name"))
    return sorted(spans, key=lambda span: span.start)


def _mentioned(text: str, found: "re.Match[str]") -> Span:
    """Who is called by @: all up to the space that WeChat puts behind a name, a shorter name where none is."""
    start, end = found.span(1)
    if cut := _AT_END.search(text, start + 1, end):
        return Span("person", start, cut.start())
    if (end < len(text) and not text[end].isspace() and text[end] != TAKEN) or end == len(text):
        short = _TITLED.match(text, start) or re.compile(_NAME + _RIGHT).match(text, start)
        end = short.end() if short and end - start > 3 else end
    return Span("person", start, end)


def _may_be_name(text: str, start: int, end: int) -> bool:
    """Whether these characters are a name, not a word that looks like one."""
    return (
        not _NO_NAMES.match(text, start)
        and not (end - start == 3 and _NO_NAMES.match(text, start + 1))
        and not _COUNTED.search(text, max(start - 1, 0), start + 1)
    )
