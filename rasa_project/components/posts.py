"""People who are named by what they are: 老板, 财务总监, 律师; only where a person stands, since a post is much else."""

import re
from collections.abc import Iterator

_FIELD = r"(?:财务|人事|技术|销售|运营|市场|产品|行政|采购|仓库|生产|质量|质检|区域|大区|工程|设计|客服|培训|招聘|项目|客户|部门|车间|研发|品牌|法务|门店|班级|年级|教务|执行|常务|总)"
_ROLE = (
    rf"(?:{_FIELD}?副?(?:总经理|经理|主管|总监|主任|部长|(?<!小)组长|负责人|副总)|董事长|总裁|老总|大?老板娘?|大?领导|上级|上司|班主任|班长|村主任|副?厂长|副?校长|副?院长|副?园长|副?店长|副?局长|副?处长|副?科长|副?书记|副?行长|馆长|站长|所长|队长|团长|护士长|村长|会长|社长|总工|总助"
    r"|会计|出纳|律师|设计师|工程师|架构师|美工|文员|前台|房东|中介|物业|教练|秘书|助理|助手|老师|师傅|司机|医生|大夫|护士(?!长)|导师|导游|房客|租客|合伙人|村?支书|副手|老大|财务总监|ceo|cfo|cto|coo|hrbp|hr|boss|leader)"
)
_ROOMS = r"(?:财务部?|行政部?|人事部?|法务部?|采购部|销售部|技术部|市场部|运营部|工程部|设计部|生产部|质检部|客服部|后勤部?|仓库部|培训部|招聘部)"
_LEFT = (
    r"(?:转给|转交给?|转审给?|转到|移交给?|移给|委托给?|委派给?|授权给?|改派给?|改由|归|交给|交由|交|递给|派给|指派给?|转派给?|转|推给|发给|抄送给?|寄给|发|寄|告诉|告知|通知|提醒|嘱咐|催(?:一?下)?|喊|让|叫|请|找|问(?:一?下)?|由|换|替"
    r"|跟|和|与|同|向|对|给|帮|等|约|联系|见|拜访|陪|@|cc ?|同意|批准|批(?:一?下)?|通过|驳回|拒绝|退回|打回|不批|准了?|把|以及|还有|畀|俾)"
)
_BEHIND_WORD = re.compile(
    rf"{_LEFT}\s?(?:(?P<role>{_ROLE})(?![们节证办部室级费处科岗位助]|长(?!期))|(?P<office>{_ROOMS})(?=$|[\s,.!?\0]|审|批|看|处理|签|去|来|一下|吧|核|确认|定|的?邮箱|那边|交|把|拿|明|下|那里|那儿|代|打款|付|管|负责|先|送|寄|报|对账))"
)
_DEED = re.compile(
    rf"(?P<name>{_ROLE}|{_ROOMS})(?=(?:[\0\s]|昨天|刚才|刚刚|之前|上次|在群里)*(?:(?:发|传|说|提到|提过|讲|上传|分享)(?:的|过|了|没|什么|啥)|关于|怎么说|那边|批[了没]|签[了没]|审[了没]|通过了|的(?:申请|报销|单子|请假|待办)))"
)
#: What somebody said or made, where that is looked for: 厂长讲安全生产的, 老师布置的.
_SAID = re.compile(
    rf"(?P<name>{_ROLE})(?=[\0\s]*(?:在群里|在)?(?:[\0\s])*(?:是不是|有没有|到底|曾经?|都|也|又)?(?:说|讲|提|聊|骂|训|批评|发|传|拍|写|做|画|整理|分享|布置|吩咐|交代|强调|答应|承诺|通知|推荐|转|贴|甩|上传|给|要求|公布|宣布|回复)(?!明))"
)
#: In handing over an approval any post is who shall decide, unless it is whose request it is or who is away.
_HANDED = re.compile(
    rf"(?<!是)(?P<name>{_ROLE})(?!们|费|说|不在|出差|休假|让|叫|要[求我]|的|(?:申请|报销|单|请假|采购|加班)|那[张个份]|助理|[部办室])"
)
_MAILED = re.compile(
    rf"(?P<name>{_ROLE}|财务|人事|行政|法务)(?=(?:也|那边|那里)?(?:要看|想看|想要|要一?份|要|的?邮箱|那边|收|催))"
)
_PATTERNS = {
    "transfer_approval": (_HANDED,),
    "correct": (re.compile(rf"(?<!不)是(?P<name>{_ROLE})(?=[\s,.!的]|$)"),),
    "mail_minutes": (_MAILED,),
    "mail_report": (_MAILED,),
    **dict.fromkeys(("find_file", "find_message", "ask_minutes", "read_image"), (_SAID,)),
}
#: What precedes a post that is said of nobody: 谁是老师, 群里老板.
_OF_NOBODY = re.compile(r"(?:谁是|什么|哪个|哪位|新|各位|所有|群里|当|做)$")


def find_posts(text: str, intent: str | None) -> Iterator[tuple[int, int]]:
    """Where the posts stand that name somebody in a clean text: start and end; what is found twice comes twice."""
    for found in _BEHIND_WORD.finditer(text):
        yield found.span("role" if found["role"] else "office")
    for pattern in (_DEED, *_PATTERNS.get(intent or "", ())):
        for found in pattern.finditer(text):
            if not _OF_NOBODY.search(text, max(found.start() - 3, 0), found.start()):
                yield found.span("name")
