"""Who gets what at every address: the one table, and docs/access.md made from it.

python -m tests.access_table > docs/access.md
"""

from __future__ import annotations

from dataclasses import dataclass

ROLES = (
    "anonymous",
    "applicant",
    "other applicant",
    "instructor",
    "other instructor",
    "reception",
    "planner",
)

# What each role gets, in the order of ROLES; a single word holds for everybody.
# "in" is the redirect to the sign-in page, other redirects are 302.
EVERYBODY = "200"
REDIRECT = "302"
REFUSED = "405"
REFUSED_IN = "in 405 405 405 405 405 405"
VISITORS = "200 302 302 302 302 302 302"
SIGNED_IN = "in 200 200 200 200 200 200"
OWNER = "in 200 404 404 404 404 404"
HOLDER = "404 200 404 404 404 404 404"
TEACHERS = "in 404 404 200 200 404 404"
OWN_CLASS = "in 404 404 200 404 404 404"
STAFF = "in 404 404 404 404 200 200"
PLANNERS = "in 404 404 404 404 404 200"
# The second factor is for the roles that need one, or that have one.
AGAIN = "in 403 403 403 403 200 200"
SET_UP = "in 404 404 200 200 302 302"
REMOVE = ("in 404 404 404 404 200 200", "in 404 404 404 404 302 302")
CODES = ("in 404 404 404 404 404 404", REFUSED_IN)
NEW_CODES = (
    "302 200 200 200 200 200 200",
    "302 200 200 200 200 302 302",
)
ADMIN = "302 404 404 404 404 404 404"


def done(words: str) -> str:
    """The same for a POST that ends in a redirect."""
    return words.replace("200", "302")


@dataclass(frozen=True)
class Row:
    """One address: what each role gets for a GET, and for a POST with nothing in it.

    Names in `<…>` stand for things of tests/access_world.py: the applicant's bookings,
    the instructor's classes.
    """

    path: str
    get: str
    post: str = REFUSED

    def expected(self, method: str) -> dict[str, str]:
        """What each role gets for GET or POST."""
        words = (self.get if method == "GET" else self.post).split()
        everyone = words * len(ROLES) if len(words) == 1 else words
        return dict(zip(ROLES, everyone, strict=True))


TABLE: dict[str, list[Row]] = {
    "Health": [
        Row("/livez", EVERYBODY, EVERYBODY),
        Row("/readyz", EVERYBODY, EVERYBODY),
        Row("/healthz", "200|503", "200|503"),
    ],
    "Signing in and one's own data": [
        Row("/accounts/me/", SIGNED_IN, SIGNED_IN),
        Row("/accounts/name/", done(SIGNED_IN), done(SIGNED_IN)),
        Row("/accounts/is-it-you/", done(SIGNED_IN), done(SIGNED_IN)),
        Row("/accounts/phone/", SIGNED_IN, done(SIGNED_IN)),
        Row("/accounts/staff/", VISITORS, VISITORS),
        Row("/accounts/sign-in/", VISITORS, VISITORS),
        Row("/accounts/sign-in/code/", done(SIGNED_IN), done(SIGNED_IN)),
        Row("/accounts/sign-out/", REFUSED, REDIRECT),
        Row("/accounts/second-factor/", REDIRECT, REDIRECT),
        Row("/accounts/second-factor/again/", AGAIN, AGAIN),
        Row("/accounts/second-factor/set-up/", SET_UP, SET_UP),
        Row("/accounts/second-factor/remove/", STAFF, done(STAFF)),
        Row("/accounts/second-factor/codes/", *CODES),
        Row("/accounts/second-factor/codes/new/", *NEW_CODES),
        Row("/accounts/login/", "in", "in"),
        Row("/accounts/signup/", "in", "in"),
        Row("/accounts/reauthenticate/", REDIRECT, REDIRECT),
        Row("/accounts/second-factor/all/", REDIRECT, REDIRECT),
    ],
    "Consulting": [
        Row("/consulting/", EVERYBODY),
        Row("/consulting/done/<appointment>/", OWNER, REFUSED_IN),
        Row("/consulting/done/<appointment>/calendar.ics", OWNER, REFUSED_IN),
        Row("/consulting/done/<appointment>/move/", OWNER, done(OWNER)),
        Row("/consulting/<service>/", EVERYBODY),
        Row("/consulting/<service>/hold/", REFUSED, REDIRECT),
        Row("/consulting/<service>/book/", done(SIGNED_IN), done(SIGNED_IN)),
        Row("/consulting/<service>/tell-me/", REFUSED, done(SIGNED_IN)),
        Row("/consulting/done/<appointment>/earlier/", REFUSED_IN, done(OWNER)),
        Row("/consulting/earlier/<wish>/end/", REFUSED_IN, done(OWNER)),
        Row("/e/<earlier>/", EVERYBODY),
        Row("/e/<earlier>/accept/", REFUSED, REDIRECT),
        Row("/e/<earlier>/decline/", REFUSED, REDIRECT),
        Row("/e/<earlier>/stop/", REFUSED, REDIRECT),
        Row("/a/<appointment>/", done(OWNER), REFUSED_IN),
    ],
    "Consulting: staff": [
        Row("/staff/consulting/", STAFF),
        Row("/staff/consulting/meetings/<meeting>/", STAFF),
        Row("/staff/consulting/meetings/<meeting>/move/", STAFF, done(STAFF)),
        Row("/staff/consulting/meetings/<meeting>/cancel/", STAFF, STAFF),
        Row("/staff/consulting/services/", PLANNERS),
        Row("/staff/consulting/services/new/", PLANNERS, PLANNERS),
        Row("/staff/consulting/services/<service_id>/", PLANNERS, PLANNERS),
        Row("/staff/consulting/hours/", PLANNERS),
        Row("/staff/consulting/hours/<consultant>/", PLANNERS, PLANNERS),
        Row("/staff/consulting/hours/<consultant>/caps/", REFUSED, done(PLANNERS)),
        Row("/staff/consulting/hours/<consultant>/exceptions/", REFUSED, PLANNERS),
        Row(
            "/staff/consulting/exceptions/<exception>/remove/", REFUSED, done(PLANNERS)
        ),
    ],
    "Feeds, gateways, development": [
        Row("/calendar/<feed>.ics", EVERYBODY),
        Row("/webhooks/twilio/status", REFUSED, "403"),
        Row("/webhooks/kavenegar/no-secret-of-ours/status", REFUSED, "404"),
        Row("/webhooks/twilio/inbound", REFUSED, "403"),
        Row("/webhooks/kavenegar/no-secret-of-ours/inbound", REFUSED, "404"),
        Row("/dev/outbox/", EVERYBODY),
        Row("/dev/design/", EVERYBODY),
        Row("/dev/answer/", REFUSED, REDIRECT),
    ],
    "Courses": [
        Row("/courses/<course>/", EVERYBODY),
        Row("/courses/<course>/notify/", SIGNED_IN, done(SIGNED_IN)),
        Row("/runs/<run>/", EVERYBODY),
        Row("/runs/<run>/hold/", REFUSED, done(SIGNED_IN)),
        Row("/runs/<run>/leave/", REFUSED, done(SIGNED_IN)),
        Row("/runs/<run>/book/", SIGNED_IN, SIGNED_IN),
        Row("/runs/<run>/wait/", SIGNED_IN, SIGNED_IN),
        Row("/runs/<drawn>/apply/", SIGNED_IN, SIGNED_IN),
        Row("/runs/<drawn>/draw/", EVERYBODY),
        Row("/runs/<drawn>/draw.txt", EVERYBODY),
        Row("/bookings/done/<enrolled>/", OWNER, REFUSED_IN),
        Row("/bookings/<enrolled>/calendar.ics", OWNER, REFUSED_IN),
        Row("/b/<enrolled>/", done(OWNER), REFUSED_IN),
        Row("/o/<offer>/", EVERYBODY),
        Row("/o/<offer>/accept/", REFUSED, REDIRECT),
        Row("/o/<offer>/decline/", REFUSED, REDIRECT),
    ],
    "Home and my bookings": [
        Row("/", EVERYBODY),
        Row("/help/", EVERYBODY),
        Row("/robots.txt", EVERYBODY),
        Row("/sitemap.xml", EVERYBODY),
        Row("/sw.js", EVERYBODY),
        Row("/offline/", EVERYBODY),
        Row("/phone/shared/", REFUSED, REDIRECT),
        Row("/runs.atom", EVERYBODY),
        Row("/site.webmanifest", EVERYBODY),
        Row("/bookings/", EVERYBODY),
        Row("/bookings/find/", EVERYBODY, EVERYBODY),
        Row("/bookings/find/code/", REDIRECT, REDIRECT),
        Row("/bookings/<enrolled>/", OWNER),
        Row("/bookings/<enrolled>/cancel/<booking>/", HOLDER, done(HOLDER)),
        Row("/bookings/<enrolled>/name/<booking>/", HOLDER, HOLDER),
        Row("/bookings/<enrolled>/move/<booking>/", HOLDER, done(HOLDER)),
        Row("/bookings/<enrolled>/move/", HOLDER, done(HOLDER)),
        Row("/bookings/<enrolled>/cancel/", HOLDER, done(HOLDER)),
        Row("/bookings/<enrolled>/late/<booking>/", REFUSED, done(HOLDER)),
        Row("/bookings/<offered>/leave/", HOLDER, done(HOLDER)),
        Row("/bookings/<offered>/leave/<turned>/", HOLDER, done(HOLDER)),
        Row("/bookings/<offered>/offer/", REFUSED, done(HOLDER)),
        Row("/bookings/<enrolled>/resend/", REFUSED, done(HOLDER)),
        Row("/bookings/<enrolled>/dates.ics", HOLDER),
        Row("/calendar/", SIGNED_IN, "in 404 404 404 404 404 404"),
    ],
    "Instructors": [
        Row("/teach/", TEACHERS),
        Row("/teach/runs/<run>/", OWN_CLASS),
        Row(
            "/teach/sessions/<session>/roll/",
            "in 404 404 200 404 200 200",
            "in 404 404 302 404 302 302",
        ),
        Row(
            "/teach/appointments/<appointment_id>/came/",
            REFUSED,
            "in 404 404 302 404 302 302",
        ),
        Row("/teach/time-off/", TEACHERS, TEACHERS),
        Row("/teach/time-off/<block>/end/", REFUSED, done(OWN_CLASS)),
    ],
    "Staff": [
        Row("/staff/", STAFF),
        Row("/staff/audit/", REFUSED, done(STAFF)),
        Row("/staff/approvals/", STAFF),
        Row("/staff/approvals/<asked>/", REFUSED, STAFF),
        Row("/staff/courses/", STAFF),
        Row("/staff/courses/new/", PLANNERS, PLANNERS),
        Row("/staff/courses/<course_id>/", PLANNERS, PLANNERS),
        Row("/staff/people/", STAFF),
        Row("/staff/people/<person>/", STAFF),
        Row("/staff/messages/", STAFF),
        Row("/staff/messages/<message>/resend/", REFUSED, done(STAFF)),
        Row("/staff/texts/", STAFF),
        Row("/staff/texts/class_reminder/", STAFF, PLANNERS),
        Row("/staff/texts/class_reminder/back/", REFUSED, done(PLANNERS)),
        Row("/staff/tasks/", STAFF),
        Row("/staff/tasks/<task>/result/", REFUSED, done(STAFF)),
        Row("/staff/sessions/<session>/reach/", STAFF),
        Row("/staff/sessions/<session>/reach/<booking>/", REFUSED, done(STAFF)),
        Row("/staff/meetings/reach/", STAFF),
        Row("/staff/meetings/<meeting>/reach/<appointment_id>/", REFUSED, done(STAFF)),
        Row("/staff/channels/", STAFF),
        Row("/staff/channels/file/hold/", REFUSED, done(PLANNERS)),
        Row("/staff/channels/file/release/", REFUSED, done(PLANNERS)),
        Row("/staff/runs/", STAFF),
        Row("/staff/runs/new/", PLANNERS, PLANNERS),
        Row("/staff/runs/list/", PLANNERS, PLANNERS),
        Row("/staff/runs/<run>/", STAFF),
        Row("/staff/runs/<run>/list/", PLANNERS, PLANNERS),
        Row("/staff/runs/<run>/message/", STAFF, STAFF),
        Row("/staff/runs/<run>/publish/", REFUSED, done(PLANNERS)),
        Row("/staff/runs/<run>/capacity/", REFUSED, PLANNERS),
        Row("/staff/runs/<run>/approval/", REFUSED, done(PLANNERS)),
        Row("/staff/runs/<run>/cancel/", PLANNERS, PLANNERS),
        Row("/staff/runs/<run>/book/", STAFF, STAFF),
        Row("/staff/runs/<run>/sessions/new/", PLANNERS, PLANNERS),
        Row("/staff/sessions/<session>/move/", PLANNERS, PLANNERS),
        Row("/staff/sessions/<session>/cancel/", PLANNERS, PLANNERS),
        Row("/staff/runs/<run>/close/", done(STAFF), done(STAFF)),
        Row("/staff/bookings/<missed>/end/", STAFF, STAFF),
        Row("/staff/bookings/<missed>/forgive/", STAFF, STAFF),
        Row("/staff/bookings/<booking>/cancel/", STAFF, STAFF),
        Row("/staff/runs/<run>/draw/", STAFF),
        Row("/staff/runs/<run>/draw/set/", REFUSED, PLANNERS),
        Row("/staff/runs/<run>/draw/end/", REFUSED, done(PLANNERS)),
        Row("/staff/turns/<turn>/", STAFF),
        Row("/staff/turns/<turn>/answer/", REFUSED, done(STAFF)),
        Row("/staff/turns/<turn>/extend/", REFUSED, STAFF),
        Row("/staff/turns/<turn>/withdraw/", REFUSED, STAFF),
        Row("/staff/bookings/<booking>/name/", STAFF, STAFF),
        Row("/staff/bookings/<booking>/move/", STAFF, STAFF),
        Row("/staff/time/", STAFF),
        Row("/staff/time/holidays/", REFUSED, PLANNERS),
        Row("/staff/time/holidays/<holiday>/confirm/", REFUSED, done(PLANNERS)),
        Row("/staff/time/holidays/<holiday>/remove/", REFUSED, done(PLANNERS)),
        Row("/staff/time/rooms/<room>/calendar/", PLANNERS, PLANNERS),
        Row("/staff/time/close/", PLANNERS, PLANNERS),
        Row("/staff/time/close/<closure>/", STAFF),
        Row("/staff/time/close/<closure>/end/", REFUSED, done(PLANNERS)),
        Row("/staff/work/", STAFF),
        Row("/staff/work/<work>/", PLANNERS),
        Row("/staff/work/<work>/again/", REFUSED, done(PLANNERS)),
        Row("/staff/work/<work>/file/", PLANNERS),
    ],
    "Admin": [
        Row("/admin/", REDIRECT, REDIRECT),
        Row("/admin/login/", ADMIN, ADMIN),
    ],
}
ROWS = [row for rows in TABLE.values() for row in rows]

INTRODUCTION = """# Who may open what

Every address and what each role gets there. The table is `tests/access_table.py`; this
page is made from it (`python -m tests.access_table > docs/access.md`), and
`tests/test_access.py` opens every address as every role and fails for an address that
is missing here.

The **applicant** owns the bookings that the addresses name, the **instructor** teaches
the class and advises in the meeting; the *other* two have the same role and nothing of
their own. **Reception** and **planner** gave their second factor; a manager gets what a
planner gets. Lists of bookings as files leave the house with names and numbers in them:
planners and managers make them, reception does not. Long work (`/staff/work/…`) is
found by whoever asked for it alone, here the planner. Each cell says GET / POST, the
POST with nothing in it but what a browser always sends.

| Word | Meaning |
| --- | --- |
| 200 | the page, or for a POST the form with its reasons |
| 302 | done or not needed: on to another page |
| in | asked to sign in |
| 404 | not there for this role, or not theirs; nobody learns whether it exists |
| 403 | signed in, but this is of no use to them |
| 405 | this address does not take the method |
"""


def markdown() -> str:
    """The text of docs/access.md."""
    parts = [INTRODUCTION]
    for title, rows in TABLE.items():
        head = ["Address", *ROLES]
        parts += [f"\n## {title}\n\n", _line(head), _line(["---"] * len(head))]
        parts += [_line([f"`{row.path}`", *_cells(row)]) for row in rows]
    return "".join(parts)


def _cells(row: Row) -> list[str]:
    get, post = row.expected("GET"), row.expected("POST")
    cells = (f"{get[role]} / {post[role]}" for role in ROLES)
    return [cell.replace("|", " or ") for cell in cells]


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


if __name__ == "__main__":
    print(markdown(), end="")
