"""Limits of application passwords: fewer capabilities, an end, addresses; judged at each request, by one query."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.utils import timezone as clock

from accounts import services
from accounts.addresses import is_within
from accounts.authentication import REFUSED
from accounts.capabilities import ALL_CAPABILITIES, CAPABILITIES_BY_ROLE, Role
from accounts.limits import NOT_A_MOMENT, read_moment
from accounts.models import ApplicationPassword, User
from fluentcart.errors import InvalidFields
from tests.accounts.factories import UserFactory, basic, issue

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.accounts.urls")]
URL = "/whoami/"
SOON = timedelta(hours=1)


@pytest.fixture
def ada():
    return UserFactory(login="ada", role=Role.SUPER_ADMIN)


# --- Capabilities --------------------------------------------------------------------------------


def test_without_limits_a_password_is_its_user(ada):
    row, shown = issue(ada)

    row.refresh_from_db()
    assert (row.capabilities, row.expires_at, row.addresses, row.is_limited) == (None, None, None, False)
    assert services.verify("ada", shown).user.capabilities == ALL_CAPABILITIES


def test_a_password_has_those_capabilities_alone(ada):
    row, shown = issue(ada, capabilities=["orders/view", "customers/view", "orders/view"])

    user = services.verify("ada", shown).user

    row.refresh_from_db()
    assert row.capabilities == ["customers/view", "orders/view"]
    assert user.capabilities == {"customers/view", "orders/view"}
    assert User.objects.get(pk=ada.pk).capabilities == ALL_CAPABILITIES


def test_an_empty_list_is_nothing(ada):
    assert services.verify("ada", issue(ada, capabilities=[])[1]).user.capabilities == frozenset()


def test_the_admin_s_permissions_go_by_them_too(ada):
    user = services.verify("ada", issue(ada, capabilities=["orders/view"])[1]).user

    assert (user.has_perm("orders.view_order"), user.has_perm("orders.change_order")) == (True, False)
    assert (user.has_perm("accounts.view_user"), user.is_superuser, user.is_staff) == (False, False, True)
    assert (user.has_module_perms("orders"), user.has_module_perms("accounts")) == (True, False)
    assert not services.verify("ada", issue(ada, "none", capabilities=[])[1]).user.is_staff


def test_what_the_role_loses_the_password_loses_and_what_it_gains_it_does_not(ada):
    _, shown = issue(ada, capabilities=["orders/view", "orders/manage"])

    ada.role = Role.WORKER
    ada.save()
    assert services.verify("ada", shown).user.capabilities == {"orders/view"}

    ada.role = Role.MANAGER
    ada.save()
    assert services.verify("ada", shown).user.capabilities == {"orders/view", "orders/manage"}


@pytest.mark.parametrize(
    ("role", "keys", "sentence"),
    [
        (Role.SUPER_ADMIN, ["orders/veiw"], "Unknown: 'orders/veiw'. Known are coupons/delete, "),
        (Role.SUPER_ADMIN, [""], "Unknown: ''."),
        (Role.WORKER, ["orders/view", "orders/delete"], "The user does not hold 'orders/delete';"),
        (Role.NONE, ["orders/view"], "The user does not hold 'orders/view';"),
    ],
)
def test_capabilities_that_cannot_be_given_are_named(role, keys, sentence):
    with pytest.raises(InvalidFields) as refused:
        issue(UserFactory(role=role), capabilities=keys)

    assert list(refused.value.fields) == ["capabilities"]
    assert refused.value.fields["capabilities"][0].startswith(sentence)
    assert not ApplicationPassword.objects.exists()


def test_a_whole_role_may_be_named():
    worker = UserFactory(role=Role.WORKER)

    assert issue(worker, capabilities=list(CAPABILITIES_BY_ROLE[Role.WORKER]))[0].is_limited


# --- Expiry --------------------------------------------------------------------------------------


def test_a_password_ends_at_its_second(ada, monkeypatch):
    row, shown = issue(ada, expires_at=clock.now() + SOON)

    monkeypatch.setattr("accounts.limits.timezone.now", lambda: row.expires_at - timedelta(microseconds=1))
    assert services.verify("ada", shown) == row
    monkeypatch.setattr("accounts.limits.timezone.now", lambda: row.expires_at)
    assert services.verify("ada", shown) is None


@pytest.mark.parametrize(
    ("moment", "sentence"),
    [
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))), "expires must lie in the future."),
        (datetime(2026, 1, 1, tzinfo=UTC), "expires must lie in the future."),
        (
            datetime(9999, 12, 31, 23, tzinfo=timezone(-timedelta(hours=5))),
            "expires must not lie beyond the year 9998.",
        ),
    ],
)
def test_an_end_that_cannot_be_is_refused(ada, moment, sentence):
    with pytest.raises(InvalidFields) as refused:
        issue(ada, expires_at=moment)

    assert refused.value.fields == {"expires": [sentence]}


def test_the_last_end_there_is_fits(ada):
    end = datetime(9998, 12, 31, 23, 59, 59, 999999, tzinfo=timezone(-timedelta(hours=12)))

    row, _ = issue(ada, expires_at=end)

    row.refresh_from_db()
    assert row.expires_at == datetime(9999, 1, 1, 11, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2030-01-31T18:00:00Z", datetime(2030, 1, 31, 18, tzinfo=UTC)),
        ("2030-01-31 18:00", datetime(2030, 1, 31, 18, tzinfo=UTC)),
        (" 2030-01-31T20:00:00+02:00 ", datetime(2030, 1, 31, 18, tzinfo=UTC)),
    ],
)
def test_a_moment_without_a_zone_is_utc(text, moment):
    assert read_moment(text) == moment


@pytest.mark.parametrize("text", ["", "soon", "2030-01-31", "20300131", "2030-02-30T00:00:00Z", "1893456000", "\ud800"])
def test_what_is_no_moment_is_told_what_one_is(text):
    with pytest.raises(InvalidFields) as refused:
        read_moment(text)

    assert refused.value.fields == {"expires": [NOT_A_MOMENT]}


# --- Addresses -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("network", "inside", "outside"),
    [
        ("203.0.113.7", "203.0.113.7", "203.0.113.8"),
        ("10.0.0.0/8", "10.255.255.255", "11.0.0.0"),
        ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"),
        ("2001:db8::1", "2001:db8:0:0::1", "2001:db8::2"),
        ("::ffff:203.0.113.0/120", "::ffff:203.0.113.9", "203.0.114.1"),
        ("0.0.0.0/0", "8.8.8.8", "2001:db8::1"),
        ("::/0", "2001:db8::1", "8.8.8.8"),
    ],
)
def test_a_password_works_from_its_networks_alone(client, ada, network, inside, outside):
    _, shown = issue(ada, addresses=[network, "192.0.2.1"])

    answers = [
        client.get(URL, REMOTE_ADDR=address, **basic("ada", shown)).status_code for address in (inside, outside, "")
    ]

    assert answers == [200, 401, 401]


def test_of_a_trusted_proxy_s_caller_the_caller_counts(client, ada, settings):
    settings.TRUSTED_PROXIES = ["10.0.0.1"]
    _, shown = issue(ada, addresses=["203.0.113.7"])

    def ask(socket, forwarded):
        sent = {"REMOTE_ADDR": socket, "HTTP_X_FORWARDED_FOR": forwarded}
        return client.get(URL, **sent, **basic("ada", shown)).status_code

    assert ask("10.0.0.1", "203.0.113.7") == 200
    assert ask("10.0.0.1", "203.0.113.7, 198.51.100.1") == 401  # the caller wrote the first one
    assert ask("198.51.100.1", "203.0.113.7") == 401  # nobody's proxy


def test_networks_are_stored_in_one_spelling(ada):
    texts = [" 10.0.0.1/32 ", "10.0.0.1", "2001:DB8:0::/32", "10.0.0.0/255.0.0.0", "::ffff:192.0.2.0/120"]

    row, _ = issue(ada, addresses=texts)

    row.refresh_from_db()
    assert row.addresses == ["10.0.0.1", "2001:db8::/32", "10.0.0.0/8", "192.0.2.0/24"]


@pytest.mark.parametrize(
    "text", ["", "here", "10.0.0.256", "10.0.0.1/8", "10.0.0.0/33", "fe80::1%eth0", "1", "10.0.0.0/\u0668"]
)
def test_what_is_no_network_is_named_with_what_is(ada, text):
    with pytest.raises(InvalidFields) as refused:
        issue(ada, addresses=["10.0.0.1", text])

    [sentence] = refused.value.fields["addresses"]
    assert sentence.endswith(f"203.0.113.7, 10.0.0.0/8 or 2001:db8::/32, without bits of a host, not {text!r}.")
    assert not ApplicationPassword.objects.exists()


@pytest.mark.parametrize(("count", "is_taken"), [(0, False), (1, True), (100, True), (101, False)])
def test_a_list_has_one_to_a_hundred_networks(ada, count, is_taken):
    addresses = [f"10.0.0.{number}" for number in range(count)]
    if is_taken:
        assert issue(ada, addresses=addresses)[0].addresses == addresses
        return
    with pytest.raises(InvalidFields) as refused:
        issue(ada, addresses=addresses)
    assert refused.value.fields == {
        "addresses": ["addresses must hold 1 to 100 of them; leave it out for every address."]
    }


def test_an_empty_list_in_the_database_lets_nobody_in(ada):
    _, shown = issue(ada)
    ApplicationPassword.objects.update(addresses=[])

    assert services.verify("ada", shown, address="10.0.0.1") is None


def test_an_unknown_address_is_in_no_network():
    assert not is_within("", ("0.0.0.0/0", "::/0"))


# --- Refusals ------------------------------------------------------------------------------------


def test_whatever_is_wrong_all_of_it_is_told(ada):
    with pytest.raises(InvalidFields) as refused:
        issue(ada, capabilities=["x"], expires_at=datetime(2000, 1, 1, tzinfo=UTC), addresses=["x"])

    assert set(refused.value.fields) == {"capabilities", "expires", "addresses"}


@pytest.mark.parametrize("limit", ["revoked", "expired", "elsewhere"])
def test_expired_and_elsewhere_answer_what_a_revoked_one_answers(
    client, ada, limit, settings, django_assert_num_queries
):
    settings.WRONG_PASSWORDS_MAX = 2
    row, shown = issue(ada, addresses=["192.0.2.1"] if limit == "elsewhere" else None)
    if limit == "revoked":
        services.revoke(user_id=ada.pk, password_uuid=row.uuid)
    if limit == "expired":
        ApplicationPassword.objects.update(expires_at=clock.now())

    with django_assert_num_queries(1):
        r = client.get(URL, **basic("ada", shown))

    assert (r.status_code, r.json()) == (401, {"refused": REFUSED, "wait": None})
    assert [client.get(URL, **basic("ada", shown)).status_code for _ in range(2)] == [401, 429]  # counted as wrong
    assert not ApplicationPassword.objects.filter(last_used_at__isnull=False).exists()


def test_limits_cost_no_query(client, ada, django_assert_num_queries):
    _, shown = issue(ada, capabilities=["orders/view"], expires_at=clock.now() + SOON, addresses=["127.0.0.1"])
    client.get(URL, **basic("ada", shown))  # the day's first use is noted

    with django_assert_num_queries(1):
        assert client.get(URL, **basic("ada", shown)).json()["login"] == "ada"


@pytest.mark.parametrize(
    "changes",
    [{"capabilities": ["orders/view"]}, {"expires_at": datetime(2000, 1, 1, tzinfo=UTC)}, {"addresses": ["192.0.2.1"]}],
)
def test_a_change_in_the_database_counts_from_the_next_request_on(client, ada, changes):
    row, shown = issue(ada)
    assert services.verify("ada", shown, address="127.0.0.1").user.is_superuser

    ApplicationPassword.objects.filter(pk=row.pk).update(**changes)

    found = services.verify("ada", shown, address="127.0.0.1")
    assert found is None or not found.user.is_superuser


# --- Changes -------------------------------------------------------------------------------------


def test_a_change_keeps_what_it_does_not_name_and_none_ends_a_limit(ada):
    end = clock.now().replace(microsecond=0) + SOON
    row, _ = issue(ada, capabilities=["orders/view"], expires_at=end, addresses=["10.0.0.1"])

    services.update_application_password(
        user_id=ada.pk, password_uuid=row.uuid, limits={"capabilities": None, "addresses": ["10.0.0.2"]}
    )

    row.refresh_from_db()
    assert (row.capabilities, row.expires_at, row.addresses) == (None, end, ["10.0.0.2"])


def test_a_refused_change_changes_nothing(ada):
    row, _ = issue(ada, addresses=["10.0.0.1"])

    with pytest.raises(InvalidFields):
        services.update_application_password(
            user_id=ada.pk, password_uuid=row.uuid, name="New", limits={"addresses": ["x"], "capabilities": None}
        )

    row.refresh_from_db()
    assert (row.name, row.addresses) == ("Tests", ["10.0.0.1"])
