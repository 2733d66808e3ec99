"""Who hears of what happens to an application, each in a private chat of their own; and the outside systems."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from botbay.chat import conversations, outbox
from botbay.chat.models import Account, Conversation
from workers.approvals import hooks, repository, words
from workers.approvals.flow import Answer, State
from workers.approvals.listing import Listed
from workers.approvals.models import ApplicationEvent, ApprovalSeat, What

#: What is said in chat is answered there; what is done elsewhere is told to who did it, too.
CHAT = "chat"


async def private_conversation(session: AsyncSession, account: Account) -> Conversation | None:
    """Where this person can be spoken to alone; None where no bot may."""
    if account.disabled_at is not None:
        return None
    found = await repository.private_conversation(session, account.id)
    if found is not None:
        return found
    for bot_id, contact_id in await repository.friends(session, account.id):
        conversation_id = await conversations.get(session, bot_id, None, contact_id)
        return await session.get_one(Conversation, conversation_id)
    return None


async def tell(
    session: AsyncSession,
    listed: Listed,
    rows: Sequence[ApprovalSeat],
    event: ApplicationEvent,
    *,
    by: Account | None,
    to: Account | None,
) -> None:
    """Everybody whom an event concerns, once; ``listed`` and ``rows`` are as they are after it."""
    told: dict[int, str] = {}
    if text := _to_applicant(listed, event, by, to):
        told[listed.applicant.id] = text
    if event.via != CHAT and by is not None and event.what in (What.APPROVED, What.REJECTED, What.TRANSFERRED):
        did = {What.APPROVED: "同意了", What.REJECTED: "没同意", What.TRANSFERRED: "转走了"}[event.what]
        told[by.id] = f"{words.head(listed.application)} 你已经在{_where(event)}{did}，这里不用再回。"
    if event.what == What.HANDED_ON and by is not None:
        told[by.id] = f"{words.head(listed.application)} 等得有点久，先转给{words.name(to)}了，你不用再批。"
    if ended := _to_the_others(listed, event, by):
        others = [
            row.account_id for row in rows if row.answer == Answer.MOOT and row.asked_at and row.step == event.step
        ]
        told |= {account_id: ended for account_id in others if account_id not in told}
    people = await repository.accounts(session, list(told))
    for account_id, text in told.items():
        conversation = await private_conversation(session, people[account_id])
        if conversation is not None:
            await outbox.put(session, conversation.id, f"application-event:{event.id}:{account_id}", text=text)
    await hooks.owe(session, listed, event, by=by, to=to)


def _to_applicant(listed: Listed, event: ApplicationEvent, by: Account | None, to: Account | None) -> str:
    """What who asked hears; empty where there is nothing to say."""
    application = listed.application
    head, remark = words.head(application), f"「{event.words}」" if event.words else ""
    match event.what:
        case What.SUBMITTED if event.via != CHAT:
            return f"{head} 已经提交（{_where(event)}），{_next(listed)}。"
        case What.APPROVED if application.state == State.OPEN:
            said = f"，说{remark}" if remark else ""
            return f"{head}：{words.name(by)}同意了{said}。{_next(listed)}。"
        case What.GRANTED:
            who = "、".join(words.name(each) for each in listed.approved)
            return f"{head} 通过了 ✅ {who}已同意。"
        case What.REJECTED:
            said = f"，说{remark}" if remark else "，没说原因"
            return f"{head} 没通过：{words.name(by)}不同意{said}。改好了再提一张就行。"
        case What.TRANSFERRED:
            return f"{head}：{words.name(by)}转给{words.name(to)}批了。"
        case What.HANDED_ON:
            return f"{head}：{words.name(by)}一直没回，已经转给{words.name(to)}。"
        case What.UNREACHED:
            return f"{head} 到了{words.name(to)}那儿，可我在微信上找不到 TA（还没绑定，或让我别说话），你提醒一声吧。"
        case What.WITHDRAWN if event.via != CHAT:
            return f"{head} 已经撤回（{_where(event)}）。"
        case _:
            return ""


def _to_the_others(listed: Listed, event: ApplicationEvent, by: Account | None) -> str:
    """What those hear who were asked and need not answer any more."""
    head, applicant = words.head(listed.application), words.name(listed.applicant)
    match event.what:
        case What.APPROVED:
            return f"{applicant}的 {head} {words.name(by)}已经同意了，不用你批了。"
        case What.REJECTED:
            return f"{applicant}的 {head} {words.name(by)}没同意，不用你批了。"
        case What.WITHDRAWN:
            return f"{applicant}把 {head} 撤回了，不用你批了。"
        case _:
            return ""


def _next(listed: Listed) -> str:
    who = "、".join(words.name(account) for account, _ in listed.waiting)
    return f"现在到{words.step_of(listed)} {who}那儿"


def _where(event: ApplicationEvent) -> str:
    return "网页上" if event.via == "page" else words.short(event.via or "别处", 20)
