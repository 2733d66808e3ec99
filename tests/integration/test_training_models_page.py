"""The models on the page 训练 where nothing can be trained, as in the containers of Docker Compose."""

import pytest
from nicegui import Client, ui

from web.pages.training_models import versions_list


@pytest.mark.parametrize("can_train", [True, False])
async def test_the_button_says_why_it_cannot_be_pressed(can_train: bool) -> None:
    async def train() -> None: ...

    async def go_back(name: str) -> None: ...

    with Client(ui.page("/"), request=None) as client:
        versions_list(None, [], 3, can_train, train, go_back)
    elements = list(client.elements.values())
    (button,) = [element for element in elements if element.props.get("data-testid") == "train"]
    assert isinstance(button, ui.button)
    assert button.enabled == can_train
    reasons = [element for element in elements if element.props.get("data-testid") == "cannot-train"]
    assert len(reasons) == (not can_train)
