"""The parts of a head, where they lie and how large they are (mm; axes as in `solids`)."""

from crossread.simulation.solids import Capsule, Ellipsoid, Solid, on_both_sides


def _both(*solids: Solid) -> tuple[Solid, ...]:
    return tuple(on_both_sides(*solids))


POSTERIOR_FOSSA = Ellipsoid((0, 40, -32), (50, 43, 37))
SOFT_PARTS = (
    Ellipsoid((0, -34, -64), (66, 63, 62)),  # face
    Ellipsoid((0, -92, -52), (13, 19, 23)),  # nose
    *_both(Ellipsoid((33, -75, -31), (18, 15, 17))),  # lids
    Ellipsoid((0, 34, -82), (68, 58, 52)),  # neck
    *_both(Ellipsoid((62, -36, -14), (14, 32, 42))),  # temples
)
EARS = _both(Ellipsoid((81, 20, -30), (3.5, 15, 27), 22))
MUSCLES = (
    *_both(
        Ellipsoid((65, -38, -16), (8, 27, 40)),  # temporalis
        Ellipsoid((26, 68, -74), (22, 20, 40)),  # nape
        Ellipsoid((60, -34, -66), (10, 24, 22)),  # masseter
        Ellipsoid((38, -22, -64), (12, 15, 20)),  # pterygoids
    ),
)
FOSSAE = (
    Ellipsoid((0, 40, -32), (50, 44, 37)),
    Ellipsoid((0, 4, -26), (21, 22, 26)),
    *_both(Ellipsoid((38, -14, -25), (25, 31, 22))),
)
RIDGES = _both(
    Capsule((15, 2, -36), (58, 22, -35), 8.5),  # petrous bones
    Capsule((12, -31, -17), (60, -46, -14), 3.4),  # sphenoid wings
)
FACE_BONES = (
    *RIDGES,
    *_both(
        Ellipsoid((60, 28, -42), (13, 17, 21)),  # mastoid
        Capsule((50, -60, -22), (46, -64, -48), 4.2),  # outer wall of the orbit
        Capsule((44, -76, -48), (69, -40, -46), 2.8),  # zygomatic arch
        Capsule((69, -40, -46), (70, -6, -44), 2.6),
        Capsule((16, -80, -14), (46, -72, -12), 4.6),  # brow
        Ellipsoid((54, -10, -56), (8, 5, 12)),  # head of the jaw
        Capsule((6, -84, -36), (8, -92, -52), 1.8),  # nasal bone
    ),
    Ellipsoid((0, -10, -44), (15, 9, 20)),  # clivus
    Ellipsoid((0, -26, -36), (22, 16, 16)),  # sphenoid
    Ellipsoid((0, -56, -36), (17, 27, 20)),  # ethmoid
    Ellipsoid((0, -81, -6), (19, 8, 15)),  # frontal bone above the nose
    Capsule((0, -40, -50), (0, -80, -64), 1.6),  # septum
    Ellipsoid((0, 16, -70), (40, 28, 5)),  # rim of the foramen magnum
    Ellipsoid((0, 4, -76), (9, 8, 9)),  # dens
)
SINUSES = (
    *_both(
        Ellipsoid((7, -24, -38), (6.2, 11, 9.5)),  # sphenoid sinus
        Ellipsoid((9, -81, -8), (7, 3.5, 9)),  # frontal sinus
        Ellipsoid((30, -54, -68), (15, 18, 19)),  # maxillary sinus
        Ellipsoid((9, -60, -64), (6, 24, 14)),  # nasal cavity
        Capsule((50, 12, -38), (84, 15, -38), 2.6),  # ear canal
        Ellipsoid((47, 13, -37), (4, 3, 6)),  # middle ear
    ),
)
AIR_CELLS = (
    *_both(
        Ellipsoid((59, 30, -43), (9.5, 13, 17)),  # mastoid cells
        Ellipsoid((7, -56, -34), (6.5, 24, 16)),  # ethmoid cells
    ),
)
ORBITS = _both(Ellipsoid((32, -62, -31), (17.5, 25, 17), 14))
ORBIT_MOUTHS = _both(Ellipsoid((34, -82, -31), (17, 11, 15)))
EYE_MUSCLES = _both(
    Capsule((30, -60, -30), (17, -36, -27), 1.9),  # optic nerve
    Capsule((44.5, -68, -31), (22, -38, -29), 1.9),
    Capsule((20.5, -68, -31), (18, -40, -29), 1.9),
    Capsule((31, -68, -18), (22, -42, -22), 1.7),
    Capsule((31, -68, -44), (22, -42, -36), 1.7),
)
EYEBALLS = _both(Ellipsoid((33, -73, -31), (12, 12, 12)))
LENSES = _both(Ellipsoid((33, -81.5, -31), (4.4, 2.0, 4.4)))
SYLVIAN = _both(
    Capsule((62, -16, -2), (43, -17, -3), 2.0),
    Capsule((60, -2, 6), (42, -4, 7), 1.9),
    Capsule((43, -17, -3), (41, 10, 9), 1.7),
    Capsule((41, 10, 9), (52, 24, 14), 1.6),
)
INSULA = _both(Capsule((39, -17, 0), (38, 10, 10), 3.4), Capsule((37.5, -12, -6), (38, 8, 0), 3.0))
CISTERNS = (
    Ellipsoid((0, -11, -19), (15, 10, 8)),  # above the sella
    *_both(Capsule((0, -10, -18), (19, -22, -16), 3.2), Capsule((0, -8, -18), (20, 2, -16), 3.0)),
    *_both(Capsule((19, 2, -14), (12, 19, -10), 2.4)),  # ambient
    Capsule((-13, 19, -8), (13, 19, -8), 3.0),  # behind the colliculi
    Ellipsoid((0, 3, -38), (18, 13, 18)),  # before the pons
    Ellipsoid((0, 18, -60), (17, 15, 14)),  # great cistern
)
STEM = (
    Ellipsoid((0, 8, -10), (15, 10, 9)),
    *_both(Capsule((5, 4, -12), (13, -2, -6), 4.6)),  # cerebral peduncles
    Ellipsoid((0, 9, -31), (15.5, 12.5, 14)),  # pons
    *_both(Capsule((10, 14, -31), (24, 28, -34), 6.0)),  # to the cerebellum
    Ellipsoid((0, 13, -58), (8.5, 8, 26)),  # medulla
)
FOURTH_VENTRICLE = (
    Ellipsoid((0, 24, -33), (7.5, 4.5, 11)),
    Capsule((0, 17, -14), (0, 21, -24), 1.3),
)
ARBOUR = (
    *_both(Ellipsoid((22, 38, -34), (15, 17, 13))),
    Ellipsoid((0, 40, -30), (5, 14, 14)),
)
CORPUS_CALLOSUM = (
    Capsule((-12, -37, 14), (12, -37, 14), 4.5),
    Capsule((-14, -16, 31), (14, -16, 31), 4.0),
    Capsule((-14, 8, 32), (14, 8, 32), 4.0),
    Capsule((-14, 28, 22), (14, 28, 22), 5.5),
)
DEEP_WHITE = _both(
    Ellipsoid((24, 0, 6), (14, 26, 17), -8),
    Ellipsoid((27, -2, 36), (11, 40, 15), 3),
    Ellipsoid((29, 34, 14), (10, 20, 16), -12),
    Ellipsoid((22, -38, 14), (9, 14, 14), 14),
)
DEEP_GREY = _both(
    Ellipsoid((14.5, -21, 10), (5.8, 9.0, 10), 12),  # head of the caudate
    Capsule((17, -10, 24), (19, 12, 24), 2.6),  # its body
    Ellipsoid((24.5, -4, 4), (6.5, 15, 10), -16),  # lentiform
    Ellipsoid((10.5, 9, 6), (8.0, 13.5, 9), -22),  # thalamus
    Capsule((33, -14, 3), (33.5, 8, 5), 0.9),  # claustrum
    Ellipsoid((26, -6, -20), (6, 8, 8)),  # amygdala
)
VENTRICLES = (
    *_both(
        Capsule((4.5, -15, 9), (7.5, -26, 10), 2.8),  # frontal horn
        Capsule((7.5, -26, 10), (13.5, -36, 12), 3.2),
        Capsule((5.5, -15, 17), (8.5, -26, 18), 4.2),
        Capsule((8.5, -26, 18), (15.5, -37, 18), 4.0),
        Capsule((8, -18, 24), (11, -2, 26), 5.0),  # body
        Capsule((11, -2, 26), (17, 24, 22), 5.2),
        Capsule((17, 24, 22), (25, 35, 13), 6.2),  # atrium
        Capsule((25, 36, 12), (21, 58, 10), 3.6),  # occipital horn
        Capsule((26, 32, 6), (33, 6, -12), 2.6),  # temporal horn
        Capsule((33, 6, -12), (30, -6, -18), 2.2),
    ),
    Ellipsoid((0, 4, 0), (2.4, 14, 10)),  # third ventricle
)
SEPTUM = (Capsule((0, -36, 16), (0, 4, 25), 1.0),)
PLEXUS = _both(Capsule((22, 30, 16), (24, 37, 11), 2.4))
CALCIFIED = (
    Ellipsoid((0.4, 21, 0), (2.4, 2.2, 3.2)),  # pineal gland
    *_both(Ellipsoid((24, 36.5, 12), (1.9, 2.6, 2.4))),
)
