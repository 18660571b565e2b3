"""The generator of synthetic persons still draws a face (skipped where its mesh has not been fetched)."""

import numpy as np
import pytest

from tools.people import origin


@pytest.mark.skipif(not origin.READY.exists(), reason="no mesh here: run `python -m tools.people fetch`")
def test_a_person_is_drawn_and_turns_the_way_asked():
    """The same seed gives the same picture; a head turned to its own left shows more of its right cheek."""
    from tools.people import picture
    from tools.people.person import Person
    from tools.people.scene import ID_PHOTO, Pose

    person = Person.draw(3, "female", 30, "bob")
    front = picture.render(person, size=(96, 120), setting=ID_PHOTO)
    again = picture.render(Person.draw(3, "female", 30, "bob"), size=(96, 120), setting=ID_PHOTO)
    left = picture.render(person, Pose(yaw=35), size=(96, 120), setting=ID_PHOTO)
    assert front.shape == (120, 96, 3) and front.dtype == np.uint8
    assert np.array_equal(front, again) and not np.array_equal(front, left)
    assert front[60, 48].astype(int).sum() > 200 and front[2, 2].min() > 200
