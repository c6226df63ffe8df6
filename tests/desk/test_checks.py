from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from desk import checks
from desk.demo.fixture import DEMO_PREFIX
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def test_production_refuses_demo_accounts(settings: Any) -> None:
    settings.PRODUCTION = True
    checks.refuse_demo_accounts()
    assert checks.check_demo_accounts(databases=["default"]) == []

    make_user(phone=DEMO_PREFIX + "0101")

    assert [m.id for m in checks.check_demo_accounts(databases=["default"])] == [
        "desk.E001"
    ]
    with pytest.raises(ImproperlyConfigured):
        checks.refuse_demo_accounts()


def test_development_allows_demo_accounts(settings: Any) -> None:
    settings.PRODUCTION = False
    make_user(phone=DEMO_PREFIX + "0101")

    checks.refuse_demo_accounts()
    assert checks.check_demo_accounts(databases=["default"]) == []
