"""Photos that phones send for a collection: what is refused, what is stored, and who removes them."""

import base64
import json
import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from imgcls.jobs.together import activities, photos, sending
from imgcls.sharing import acting_as, people
from tests.sharing.classroom.conftest import ADA, BEN, TEACHER
from tests.support.drawing_together import SEVEN, photo


def send(site, room, activity, who, content, label=0):
    body = {"activity": activity.id, "photo": content, "label": label}
    return site.ask("POST", f"/room/{room.code}/drawings", who, body)


def stored(room):
    return sending.pool_of(room, activities.find(room)).newest((0, 1, 2), 100)


def huge() -> str:
    """A PNG file of some bytes that says that it has 30,000 x 30,000 pixels."""
    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    chunks = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in ((b"IHDR", head), (b"IDAT", zlib.compress(b"")), (b"IEND", b""))
    )
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"".join(chunks)).decode()


def with_place() -> str:
    """A photo whose EXIF data holds a place and the name of a phone."""
    exif = Image.Exif()
    exif[0x0110] = "Secret phone"
    exif.get_ifd(0x8825)[1] = "N"
    file = BytesIO()
    Image.new("RGB", (photos.SIDE, photos.SIDE), "red").save(file, "JPEG", exif=exif)
    return base64.b64encode(file.getvalue()).decode()


def test_a_member_sends_a_photo_and_only_its_pixels_are_stored(site, room, photo_collection, join):
    ada = join(ADA, room, "Ada")
    answer = send(site, room, photo_collection, ada, with_place(), label=1)
    assert (answer.status, answer.json["label"]) == (200, "pen")
    head, _, content = json.loads(answer.json["strokes"]).partition(",")
    assert head == "data:image/jpeg;base64"
    assert b"Secret phone" in base64.b64decode(with_place()) and b"Secret phone" not in base64.b64decode(content)
    (pixels,) = sending.pool_of(room, photo_collection).pixels().values()
    assert pixels.shape == photos.SHAPE and pixels[..., 0].min() > 240 and pixels[..., 1:].max() < 20
    shown = site.ask("GET", f"/room/{room.code}/show", people.visitor(TEACHER.id)).json
    assert shown["counts"] == [0, 1] and shown["writers"][0]["distance"] is None


def test_a_png_file_is_read_too(site, room, photo_collection, join):
    ada = join(ADA, room, "Ada")
    flat = BytesIO()
    Image.new("RGB", (photos.SIDE, photos.SIDE), "blue").save(flat, "PNG")
    content = base64.b64encode(flat.getvalue()).decode()
    assert send(site, room, photo_collection, ada, content).status == 200


@pytest.mark.parametrize(
    "content",
    [
        None,
        7,
        "",
        "no base64!",
        base64.b64encode(b"GIF89a" + bytes(100)).decode(),
        base64.b64encode(b"<svg xmlns='http://www.w3.org/2000/svg'/>").decode(),
        photo(side=161),
        photo()[:400],
        huge(),
    ],
    ids=["none", "number", "empty", "text", "gif", "svg", "size", "cut", "huge"],
)
def test_anything_else_than_a_small_photo_is_refused(site, room, photo_collection, join, content):
    answer = send(site, room, photo_collection, join(ADA, room, "Ada"), content)
    assert (answer.status, answer.message) == (422, photos.DAMAGED)
    assert stored(room) == []


def test_a_collection_of_photos_takes_no_drawings_and_the_reverse(site, room, photo_collection, join):
    ada = join(ADA, room, "Ada")
    body = {"activity": photo_collection.id, "strokes": SEVEN, "label": 0}
    assert site.ask("POST", f"/room/{room.code}/drawings", ada, body).status == 422
    with acting_as(people.visitor(TEACHER.id)):
        drawn = activities.start_collection(room, ["1", "7"])
    assert send(site, room, drawn, ada, photo()).status == 422


def test_photos_are_for_members_and_are_limited(site, room, photo_collection, join, monkeypatch):
    assert send(site, room, photo_collection, BEN, photo()).status == 403
    monkeypatch.setattr(sending, "MOST_PHOTOS", (2, 3))
    ada, ben = join(ADA, room, "Ada"), join(BEN, room, "Ben")
    statuses = [
        send(site, room, photo_collection, who, photo(seed=n)).status for n, who in enumerate((ada, ada, ada, ben, ben))
    ]
    assert statuses == [200, 200, 422, 200, 422]


def test_a_photo_is_removed_by_the_teacher_and_withdrawn_by_who_took_it(site, room, photo_collection, join):
    ada = join(ADA, room, "Ada")
    number = send(site, room, photo_collection, ada, photo()).json["id"]
    url = stored(room)[0].strokes
    answer = site.ask(
        "POST", f"/room/{room.code}/moderate", people.visitor(TEACHER.id), {"id": number, "isShown": False}
    )
    assert answer.status == 200 and sending.pool_of(room, photo_collection).pixels() == {}
    assert site.ask("DELETE", f"/room/{room.code}/drawings/{number}", join(BEN, room, "Ben")).status == 403
    assert site.ask("DELETE", f"/room/{room.code}/drawings/{number}", ada).status == 200
    disk = b"".join(file.read_bytes() for file in activities.folder(room).iterdir())
    assert stored(room) == [] and url.encode() not in disk


def test_the_phone_page_of_a_collection_of_photos_has_a_camera_and_no_canvas_to_draw(
    site, room, photo_collection, join
):
    page = site.ask("GET", f"/room/{room.code}/draw", join(ADA, room, "Ada")).body.decode()
    assert 'capture="environment"' in page and 'id="pad"' not in page
    screen = site.ask("GET", f"/room/{room.code}/screen", people.visitor(TEACHER.id)).body.decode()
    assert "Scan the code and take photos." in screen


def test_a_photo_as_a_model_takes_it_is_the_same_picture_smaller():
    pixels = photos.opened(photo(1))
    assert pixels.shape == (photos.SIDE, photos.SIDE, 3)
    small = photos.prepared(pixels)
    middle = np.s_[40:56, 40:56]
    assert small.shape == photos.SHAPE and small[middle][..., 2].mean() > 150 > small[middle][..., 0].mean()
