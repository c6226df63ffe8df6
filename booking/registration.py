"""What places and times hand to the foundation at start-up."""

from booking import audit, audit_decisions, audit_draws, audit_history, ledger
from booking.models import Draw, Offering, Room
from booking.services import approval, draws, parties, waiting
from core.pages.stamps import register_stamped
from core.registry import register_audit, register_personal_data, register_tick


def register() -> None:
    """Called once, at start-up."""
    register_tick("holds.release", parties.release_expired_holds, every_seconds=30)
    register_tick("offers.expire", waiting.expire_offers, every_seconds=30)
    register_tick("requests.expire", approval.expire_requests, every_seconds=60)
    register_tick("lines.move", waiting.move_lines, every_seconds=60)
    register_tick("draws.run", draws.run_due_draws, every_seconds=30)
    register_tick("lists.end", waiting.end_lists_of_started, every_seconds=300)
    register_tick("cells.sweep", ledger.sweep_past, every_seconds=24 * 3600)
    register_audit("seats", 1, audit.seats_match)
    register_audit("standing once", 2, audit.persons_stand_once)
    register_audit("intervals", 3, audit.intervals_do_not_overlap)
    register_audit("cells", 3, audit.cells_match_intervals)
    register_audit("list served", 4, audit.no_free_place_while_waiting)
    register_audit("list counted", 4, audit.waiting_parties_match)
    register_audit("offers", 5, audit.offers_agree_with_entries)
    register_audit("offers expired", 5, audit.expired_offers_never_confirm)
    register_audit("transfers", 6, audit.transfers_have_one_successor)
    register_audit("history", 6, audit_history.every_change_has_its_row)
    register_audit(
        "requests in time", 16, audit_decisions.requests_end_before_the_start
    )
    register_audit(
        "decisions in time", 16, audit_decisions.late_decisions_never_confirm
    )
    register_audit("approvals", 16, audit_decisions.nobody_slips_past_approval)
    register_audit("ends", 17, audit_decisions.ends_follow_the_start)
    register_audit("forgiven", 17, audit_decisions.only_no_shows_are_forgiven)
    register_audit("parties", 1, audit_history.parties_have_their_places)
    register_audit("holds end", 1, audit_history.holds_have_deadlines)
    register_audit("line not passed", 4, audit_history.nobody_passed_the_line)
    register_audit("offers in order", 5, audit_history.offers_follow_the_line)
    register_audit("offers ended", 5, audit_history.offers_end_as_entries_do)
    register_audit("forms", 9, audit_history.forms_have_results)
    register_audit("versions", 11, audit_history.versions_count_changes)
    register_audit("draws", 18, audit_draws.draws_follow_their_seed)
    register_audit("draws kept", 18, audit_draws.draws_are_kept)
    register_personal_data(
        "booking.Reservation",
        ("person", "firm", "statement"),
        "who has which place, and what they say about themselves",
    )
    register_stamped(Room)
    register_stamped(Draw)
    # Pages ask for the places of a run themselves.
    register_stamped(
        Offering,
        only="NEW.kind = 'course_run'",
        but=("seats_taken", "waiting_parties", "line_moves_at"),
    )
