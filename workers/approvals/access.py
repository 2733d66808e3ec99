"""Who may see an application: who asked for it, and whoever has or had a place among its approvers. Nobody else.

Running the service gives no right to read one.
"""

from sqlalchemy import Select, or_, select

from botbay.chat.access import Subject
from workers.approvals.models import Application, ApprovalSeat


def readable(subject: Subject) -> Select[Application]:
    """The applications that may be shown to this person, alone: they are no matter for a room.

    An approver sees one from when their step has come.
    """
    asked = select(ApprovalSeat.application_id).where(
        ApprovalSeat.account_id == subject.account_id,
        ApprovalSeat.application_id == Application.id,
        ApprovalSeat.step <= Application.at,
    )
    own = Application.account_id == subject.account_id
    return select(Application).where(or_(own, asked.exists()))
