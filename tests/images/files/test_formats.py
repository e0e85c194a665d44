"""Image files of every accepted format: TIFF of all kinds, HEIC, AVIF, PGM and PPM, large and incomplete JPEG."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from imgcls.errors import ImageError
from imgcls.images.files import decoding, tiff
from imgcls.images.files.decoding import open_image
from imgcls.images.files.pixel_scale import PixelScale
from tests.support.images import tiffs
from tests.support.images.heic import HEIC
from tests.support.images.samples import file_of, scene

RANDOM = np.random.default_rng(0)


def png16(array):
    """A PNG of 16 bits a sample, (height, width, 1 to 4), which Pillow cannot write in colour."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    height, width, samples = array.shape
    colour = {1: 0, 2: 4, 3: 2, 4: 6}[samples]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in array)
    header = struct.pack(">IIBBBBB", width, height, 16, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


# Formats


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_deflate", "packbits", "jpeg"])
def test_an_ordinary_tiff_opens(compression):
    image = open_image(file_of(scene(), "TIFF", compression=compression))
    assert np.abs(image.pixels.astype(int) - scene()).max() <= (20 if compression == "jpeg" else 0)
    assert image.notes == ()


def test_a_heic_photo_from_a_phone_opens():
    image = open_image(HEIC, "IMG_1.HEIC")
    assert image.pixels.shape == (24, 32, 3)
    assert np.abs(image.pixels.astype(int) - scene()).max() <= 40
    assert decoding.size_of(HEIC) == (32, 24)


def test_a_truncated_heic_photo_is_refused():
    with pytest.raises(ImageError, match=r"'IMG_1.HEIC' is damaged or incomplete"):
        open_image(HEIC[:400], "IMG_1.HEIC")


def test_an_avif_image_opens():
    image = open_image(file_of(scene(), "AVIF", quality=100))
    assert np.abs(image.pixels.astype(int) - scene()).max() <= 12


@pytest.mark.parametrize("kind", ["PGM", "PPM"])
def test_pgm_and_ppm_images_open(kind):
    array = scene() if kind == "PPM" else scene()[..., 2]
    image = open_image(file_of(array, "PPM"))
    assert (image.pixels == (array if kind == "PPM" else array[..., None])).all()


def test_a_twelve_bit_pgm_keeps_its_grey_levels():
    levels = np.arange(4096, dtype=">u2").reshape(64, 64)
    image = open_image(b"P5 64 64 4095\n" + levels.tobytes())
    assert len(np.unique(image.pixels)) == 256


@pytest.mark.parametrize(("kind", "most"), [(5, 65535), (6, 65535), (6, 4095), (2, 4095), (3, 4095)])
def test_values_beyond_8_bits_of_pgm_and_ppm_keep_their_levels(kind, most):
    samples = 3 if kind in (3, 6) else 1
    values = np.arange(32 * 32 * samples).reshape(32, 32, samples)  # up to 3,071: twelve bits
    body = values.astype(">u2").tobytes() if kind > 4 else " ".join(map(str, values.ravel().tolist())).encode()
    data = f"P{kind}\n# a microscope\n32 32\n{most}\n".encode() + body
    factor = 65535 / most
    image = open_image(data, scale=PixelScale(0, 3071 * factor))
    assert np.abs(image.pixels - values * (255 / 3071)).max() <= 0.6


@pytest.mark.parametrize("cut", [1, 2000])
def test_a_truncated_ppm_beyond_8_bits_is_refused(cut):
    data = b"P6 32 32 4095\n" + bytes(32 * 32 * 6)
    with pytest.raises(ImageError, match="is damaged or incomplete"):
        open_image(data[:-cut])


# TIFF that Pillow cannot hold


@pytest.mark.parametrize("kind", ["u1", "u2"])
@pytest.mark.parametrize("extra", [None, 2])
def test_inks_become_colours(kind, extra):
    most = np.iinfo(kind).max
    inks = np.zeros((16, 16, 4 if extra is None else 5), kind)
    inks[..., 1:3] = most  # magenta and yellow are red
    inks[8:, :, 3] = most  # black
    inks[..., 4:] = most
    image = open_image(tiffs.tiff(inks, photometric=5, extra=extra))
    assert (image.pixels[:8] == (255, 0, 0)).all() and (image.pixels[8:] == 0).all()
    assert "CMYK colours were converted to RGB." in image.notes


@pytest.mark.parametrize(
    "data",
    [
        tiffs.tiff(np.zeros((16, 16, 3), np.uint16), photometric=8),
        tiffs.tiff(np.zeros((16, 16, 1), np.uint16), photometric=32803),
        tiffs.packed(np.zeros((16, 16), int), bits=10),
    ],
    ids=["CIELAB", "sensor", "10 bits"],
)
def test_pixels_that_are_no_brightness_are_refused_with_the_reason(data):
    with pytest.raises(ImageError, match=r"'scan.tif' has pixels of an unusual kind"):
        open_image(data, "scan.tif")


def test_twelve_packed_bits_use_the_scale_of_the_dataset():
    dark = np.full((16, 16), 200)
    assert (open_image(tiffs.packed(dark), scale=PixelScale(0, 4000)).pixels == 13).all()
    assert (open_image(tiffs.packed(dark * 20), scale=PixelScale(0, 4000)).pixels == 255).all()


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("compression", ["none", "lzw", "deflate", "packbits"])
@pytest.mark.parametrize("layout", [{}, {"tile": 16}, {"planar": True}, {"planar": True, "tile": 16}])
@pytest.mark.parametrize("kind", ["u1", "u2", "i2", "f4"])
def test_samples_are_read_from_every_layout(order, compression, layout, kind):
    array = (RANDOM.random((23, 37, 5)) * 200).astype(kind)
    predictor = 1 if compression == "none" else 3 if kind == "f4" else 2
    data = tiffs.tiff(array, order=order, compression=compression, predictor=predictor, **layout)
    found = tiff.header(data)
    assert (found.size, found.samples) == ((37, 23), 5)
    assert (tiff.samples(data, found, [0, 1, 2, 3, 4]) == array).all()
    assert (tiff.samples(data, found, [4, 1]) == array[..., [4, 1]]).all()


def test_sixteen_bit_colours_are_scaled_not_truncated():
    array = np.linspace(0, 65535, 16 * 16 * 3).reshape(16, 16, 3).astype(np.uint16)
    image = open_image(tiffs.tiff(array))
    assert np.abs(image.pixels - array / 257).max() <= 0.5
    assert image.notes == ("Values from 0 to 65535 were scaled to 8 bits.",)


def test_a_sixteen_bit_alpha_channel_is_not_a_band():
    array = np.full((16, 16, 4), 65535, np.uint16)
    array[..., :3] = 0
    array[:, 8:, 3] = 0
    image = open_image(tiffs.tiff(array, extra=2))
    assert (image.pixels[:, :8] == 0).all() and (image.pixels[:, 8:] == 255).all()


@pytest.mark.parametrize("deep", [False, True])
def test_only_the_first_page_of_a_tiff_is_used_and_reported(deep):
    array = scene().astype(np.uint16) if deep else scene()
    image = open_image(tiffs.tiff(array, copies=(0, 0)))
    assert "Only the first of 3 pages is used." in image.notes


def test_overviews_and_masks_of_a_geotiff_are_not_pages():
    assert open_image(tiffs.tiff(scene(), copies=(1, 4))).notes == ()


def test_the_chosen_bands_of_a_satellite_image_become_its_colours():
    bands = np.zeros((16, 16, 13), np.uint16)
    bands[..., 7], bands[..., 3], bands[..., 2] = 1000, 500, 0
    data = tiffs.tiff(bands, compression="lzw", predictor=2)
    image = open_image(data, scale=PixelScale(0, 1000, (8, 4, 3)))
    assert (image.pixels == (255, 128, 0)).all()
    assert image.notes[0] == "Bands 8, 4, 3 of 13 are used as red, green and blue."


def test_missing_values_of_a_geotiff_do_not_stretch_its_range():
    array = np.full((16, 16, 1), 100.0, np.float32)
    array[:8] = 200
    array[0, 0], array[0, 1] = -9999, np.nan
    image = open_image(tiffs.tiff(array, no_data="-9999"))
    assert np.unique(image.pixels[1:]).tolist() == [100, 200]
    assert (image.pixels[0, :2] == 0).all()


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
@pytest.mark.parametrize("part", [30, 200, 2000])
def test_a_truncated_tiff_is_refused(part):
    data = tiffs.tiff((RANDOM.random((64, 64, 5)) * 1000).astype(np.uint16), compression="deflate")
    with pytest.raises(ImageError, match=r"is damaged or incomplete|is not a supported image"):
        open_image(data[:part], "field.tif")


def test_a_tiff_declaring_gigabytes_is_refused_before_allocating_them():
    data = bytearray(tiffs.tiff(np.zeros((16, 16, 5), np.uint16)))
    for tag in (256, 257):
        place = data.index(struct.pack("<HHI", tag, 4, 1))
        data[place + 8 : place + 12] = struct.pack("<I", 60_000)
    with pytest.raises(ImageError, match=r"60000×60000 pixels\. Expected at most 25 megapixels"):
        open_image(bytes(data), "bomb.tif")


# PNG of 16 bits


@pytest.mark.parametrize("samples", [1, 2, 3, 4])
def test_a_sixteen_bit_png_keeps_all_of_its_levels(samples):
    array = RANDOM.integers(0, 4096, (16, 16, samples)).astype(np.uint16)
    array[0, 0] = 4095
    if samples in (2, 4):
        array[..., -1] = 65535
    image = open_image(png16(array))
    colours = array[..., :1] if samples < 3 else array[..., :3]
    assert np.abs(image.pixels - colours * (255 / 4095)).max() <= 0.5
    assert image.notes == ("Values from 0 to 4095 were scaled to 8 bits.",)


def test_the_dataset_scale_applies_to_any_image():
    dark = np.full((16, 16, 1), 1000, np.uint16)
    assert (open_image(png16(dark), scale=PixelScale(0, 4000)).pixels == 64).all()
    assert (open_image(png16(dark * 5), scale=PixelScale(0, 4000)).pixels == 255).all()


# Transparency


@pytest.mark.parametrize("ink", [255, 230])
def test_white_ink_on_transparency_is_composited_on_black(ink):
    pil_image = Image.new("RGBA", (16, 16), (0, 0, 0, 0))
    pil_image.paste((ink, ink, ink, 255), (4, 4, 12, 12))
    image = open_image(file_of(pil_image))
    assert (image.pixels[:4] == 0).all() and (image.pixels[5:11, 5:11] == ink).all()
    assert image.notes == ("Transparent areas were filled with black, because the visible parts are nearly white.",)


def test_an_image_without_any_visible_part_becomes_white():
    assert (open_image(file_of(Image.new("RGBA", (16, 16), (255, 255, 255, 0)))).pixels == 255).all()


# JPEG


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}])
@pytest.mark.parametrize("at_least", [None, 100])
def test_a_jpeg_without_an_end_marker_is_read_completely(options, at_least):
    data = file_of(scene(240, 320), "JPEG", quality=90, **options)
    image = open_image(data[:-2], at_least=at_least)
    assert (image.pixels == open_image(data, at_least=at_least).pixels).all()
    assert image.notes == ("The file has no end marker, but all of its pixels are there.",)


@pytest.mark.parametrize("missing", [20, 200, 2000])
@pytest.mark.parametrize("at_least", [None, 100])
def test_a_jpeg_with_missing_pixels_is_refused(missing, at_least):
    noisy = RANDOM.integers(0, 256, (240, 320, 3), dtype=np.uint8)
    data = file_of(noisy, "JPEG", quality=90)
    with pytest.raises(ImageError, match="is damaged or incomplete"):
        open_image(data[:-missing], at_least=at_least)


@pytest.mark.parametrize(("width", "height"), [(8064, 6048), (12000, 9000)])
def test_a_48_or_108_megapixel_photo_is_decoded_at_reduced_size(width, height):
    data = file_of(Image.linear_gradient("L").resize((width, height), Image.Resampling.NEAREST), "JPEG")
    image = open_image(data, "IMG_2.jpg", at_least=224)
    assert 224 <= min(image.pixels.shape[:2]) < 448
    assert image.pixels.max() > 250 and image.pixels.min() < 5
    with pytest.raises(ImageError, match="Expected at most 25 megapixels"):
        open_image(data, "IMG_2.jpg")


def test_a_progressive_photo_of_that_size_is_refused_because_it_needs_too_much_memory(monkeypatch):
    data = file_of(np.zeros((1000, 1100, 3), np.uint8), "JPEG", progressive=True)
    assert open_image(data, at_least=64, max_megapixels=0.6).pixels.shape[2] == 3
    with pytest.raises(ImageError, match=r"Expected at most 1 megapixels"):
        open_image(data, at_least=64, max_megapixels=0.5)


@pytest.mark.filterwarnings("error")
def test_a_gigantic_jpeg_is_refused_by_its_header():
    data = file_of(Image.new("L", (64, 64)), "JPEG")
    place = data.index(b"\xff\xc0") + 5
    data = data[:place] + struct.pack(">HH", 30_000, 30_000) + data[place + 4 :]
    with pytest.raises(ImageError, match=r"far too many pixels|Expected at most"):
        open_image(data, at_least=64)


def test_an_embedded_preview_image_is_not_an_animation():
    frames = [Image.fromarray(scene(64, 64)), Image.fromarray(scene(32, 32))]
    image = open_image(file_of(frames[0], "MPO", save_all=True, append_images=frames[1:]), at_least=16)
    assert image.notes == ()
    assert min(image.pixels.shape[:2]) < 64
