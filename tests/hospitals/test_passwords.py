"""Of a password only a hash is kept, from which nobody learns it."""

from crossread.hospitals.passwords import hash_password, verify


def test_the_right_password_is_known_and_others_are_not() -> None:
    kept = hash_password("correct horse")
    assert verify("correct horse", kept)
    assert not verify("correct horse ", kept)
    assert not verify("", kept)


def test_two_people_with_one_password_cannot_be_told_apart_from_two_with_two() -> None:
    assert hash_password("same") != hash_password("same")


def test_the_password_is_not_in_what_is_kept() -> None:
    assert "correct horse" not in hash_password("correct horse")


def test_what_is_no_hash_matches_nothing() -> None:
    for broken in ("", "correct horse", "scrypt$x$y$z", "scrypt$16384:8:1$AAAA", "md5$1:1:1$a$b"):
        assert not verify("correct horse", broken)
