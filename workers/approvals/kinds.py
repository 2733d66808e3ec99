"""Kinds of application as data: their fields with checks, and the chain of steps that one goes through."""

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError, model_validator

from workers.approvals.flow import Need

SHIPPED = Path(__file__).with_name("kinds.yml")

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20)]
#: ``role:主管`` or ``account:lijianguo``.
Approver = Annotated[str, StringConstraints(pattern=r"^(?:role|account):\S.{0,31}$")]


class FieldType(StrEnum):
    TEXT = "text"
    AMOUNT = "amount"  # yuan
    DATE = "date"
    SPAN = "span"  # from when until when
    CHOICE = "choice"
    PICTURE = "picture"


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FieldSpec(_Data):
    """What an application of a kind tells. ``ask``: the question for it, in people's words."""

    name: Name
    type: FieldType
    ask: str = Field(min_length=1, max_length=200)
    optional: bool = False
    choices: tuple[Name, ...] = ()
    longest: int = Field(default=500, ge=1, le=2000)  # characters of a text
    most: Decimal = Field(default=Decimal(10_000_000), gt=0)  # yuan
    most_days: int = Field(default=366, ge=1)  # of a span
    back_days: int | None = Field(default=None, ge=0)  # how long ago a date or span may begin

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.type == FieldType.CHOICE) != bool(self.choices):
            raise ValueError(f"{self.name}: choices belong to a choice, and a choice needs them")
        if len(set(self.choices)) < len(self.choices):
            raise ValueError(f"{self.name}: the same choice twice")
        if self.type == FieldType.PICTURE and not self.optional:
            raise ValueError(f"{self.name}: a picture is optional, not every way in can bring one")
        return self


class StepSpec(_Data):
    """A step. ``of`` and ``above``: it is only there where that amount (yuan) or span (days) is above a number."""

    name: Name
    by: tuple[Approver, ...] = Field(min_length=1)
    need: Need = Need.ANY
    of: Name | None = None
    above: Decimal | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.of is None) != (self.above is None):
            raise ValueError(f"{self.name}: of and above belong together")
        return self


class Kind(_Data):
    """A kind of application. ``words``: what names it in a sentence. Hours are counted from when somebody is asked."""

    name: Name
    words: tuple[Name, ...] = ()
    fields: tuple[FieldSpec, ...] = Field(min_length=1, max_length=20)
    steps: tuple[StepSpec, ...] = Field(min_length=1, max_length=20)
    remind_hours: float = Field(default=4, gt=0, le=24 * 30)
    hand_on_hours: float = Field(default=24, gt=0, le=24 * 90)
    hand_on_to: Approver | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for what, names in (("field", [f.name for f in self.fields]), ("step", [s.name for s in self.steps])):
            if len(set(names)) < len(names):
                raise ValueError(f"{self.name}: the same {what} twice")
        measured = {f.name for f in self.fields if f.type in (FieldType.AMOUNT, FieldType.SPAN) and not f.optional}
        for step in self.steps:
            if step.of is not None and step.of not in measured:
                raise ValueError(f"{self.name}, {step.name}: {step.of} is no amount or span that is always told")
        if all(step.above is not None for step in self.steps):
            raise ValueError(f"{self.name}: one step must always be there")
        return self

    def field(self, name: str) -> FieldSpec | None:
        return next((field for field in self.fields if field.name == name), None)


class KindError(ValueError):
    """These kinds cannot be used. The text says where and why, a line each."""


_KINDS = TypeAdapter(tuple[Kind, ...])


def load(text: str) -> Sequence[Kind]:
    """The kinds that a YAML text tells, a list of them. Raises KindError."""
    try:
        return checked(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise KindError(f"不是 YAML：{str(error).splitlines()[0]}") from None


def checked(data: Any) -> Sequence[Kind]:
    """Kinds from plain data. Raises KindError."""
    try:
        kinds = _KINDS.validate_python(data)
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
        raise KindError("\n".join(lines)) from None
    if len({kind.name for kind in kinds}) < len(kinds):
        raise KindError("同一种申请写了两遍")
    return kinds


def as_data(kind: Kind) -> dict[str, Any]:
    """A kind as JSON data, from which ``Kind.model_validate`` makes it again."""
    return kind.model_dump(mode="json", exclude_defaults=True)
