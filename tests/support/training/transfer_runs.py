"""Settings of small transfer training runs."""

from imgcls.config import Config
from imgcls.models.backbones import RUN

BASE_ID = "20260101-120000-0badcafe"
SETTINGS = {
    "backbone": RUN,
    "backbone_run": BASE_ID,
    "augmented_copies": 2,
    "fine_tuning_epochs": 3,
    "fine_tuning_rate": 0.002,
    "fine_tuning_blocks": 1,
}
CONFIG = Config(
    data="digits",
    model="transfer",
    model_settings=SETTINGS,
    rotation=10,
    shift=1,
    learning_rate=0.01,
    batch_size=64,
    epochs=4,
    train_images=500,
    early_stopping=False,
    deterministic=True,
)
HEAD_ALONE = CONFIG.changed(model_settings={**SETTINGS, "fine_tuning_epochs": 0})
