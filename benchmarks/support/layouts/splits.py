"""Training, test and validation folders, which never become classes."""

from benchmarks.support.layouts.layout import PETS, SPLIT, SPLIT_PETS, UNSPLIT, Layout, in_folders, split_pets


def annotations_of_tiny_imagenet(paths: list[str]) -> dict[str, str]:
    names = [path.rpartition("/")[2] for path in paths if "/val/" in path]
    rows = [f"{name}\t{('n01443537', 'n01629819')[place % 2]}\t0\t0\t9\t9" for place, name in enumerate(names)]
    return {"tiny-imagenet-200/val/val_annotations.txt": "\n".join(rows) + "\n"}


SPLITS = {
    "next to a smaller folder of another name": Layout(
        in_folders("dev/cat", "dev/dog") | in_folders("final/cat", "final/dog", count=2),
        {"cat": (0, 0, 8), "dog": (0, 0, 8)},
    ),
    "without a common class": Layout(
        in_folders("images_train/oak", "images_train/birch", "images_test/ash", "images_test/elm"),
        {"ash": UNSPLIT, "birch": UNSPLIT, "elm": UNSPLIT, "oak": UNSPLIT},
        answers={"split_classes": "together"},
    ),
    "with an unlabelled folder for testing": Layout(
        in_folders("train/oak", "train/birch", "test/unknown"),
        {"birch": UNSPLIT, "oak": UNSPLIT},
        answers={"split_classes": "training"},
    ),
    "splits with a suffix": Layout(split_pets("training_set", "test_set"), SPLIT_PETS),
    "splits with a prefix, doubled, and images without a class": Layout(
        split_pets("archive/seg_train/seg_train", "archive/seg_test/seg_test")
        | in_folders("archive/seg_pred/seg_pred", count=4),
        SPLIT_PETS,
    ),
    "a doubled split and a few test images with the class in the name": Layout(
        in_folders("asl_alphabet_train/asl_alphabet_train/A", "asl_alphabet_train/asl_alphabet_train/B")
        | {"asl_alphabet_test/asl_alphabet_test/A_test.jpg": 1, "asl_alphabet_test/asl_alphabet_test/B_test.jpg": 1},
        {"A": UNSPLIT, "B": UNSPLIT},
    ),
    "images of a split": Layout(split_pets("train_images", "test_images"), SPLIT_PETS),
    "words with a space": Layout(split_pets("Pets/Train Images", "Pets/Test Images"), SPLIT_PETS),
    "camel case": Layout(
        in_folders("trainingSet/trainingSet/0", "trainingSet/trainingSet/1") | in_folders("testSet/testSet", count=3),
        {"0": UNSPLIT, "1": UNSPLIT},
    ),
    "years": Layout(split_pets("train2017", "val2017"), SPLIT_PETS),
    "no separator": Layout(split_pets("petstrain", "petstest"), SPLIT_PETS),
    "German": Layout(split_pets("Trainingsdaten", "Testdaten"), SPLIT_PETS),
    "images inside splits": Layout(split_pets("train/images", "val/images"), SPLIT_PETS),
    "three splits": Layout(
        split_pets("Train", "Test") | in_folders("Valid/cat", "Valid/dog", count=1),
        {"cat": (7, 2, 0), "dog": (7, 2, 0)},
    ),
    "only one split": Layout(in_folders("data/train/cat", "data/train/dog"), PETS),
    "one split and images without a class": Layout(
        in_folders("imgs/train/c0", "imgs/train/c1") | in_folders("imgs/test", ending="/img_{}.jpg"),
        {"c0": UNSPLIT, "c1": UNSPLIT},
    ),
    "splits inside classes": Layout(
        in_folders("cat/train", "dog/train") | in_folders("cat/test", "dog/test", count=2), SPLIT_PETS
    ),
    "split and class in one name": Layout(
        in_folders("trainA", "trainB") | in_folders("testA", "testB", count=2), {"A": SPLIT, "B": SPLIT}
    ),
    "split and class in one name, with words": Layout(
        in_folders("pets/train_cat", "pets/train_dog") | in_folders("pets/test_cat", "pets/test_dog", count=2),
        SPLIT_PETS,
    ),
    "a folder next to the splits": Layout(
        split_pets("dataset/training_set", "dataset/test_set")
        | in_folders("dataset/single_prediction", count=2, ending="/cat_or_dog_{}.jpg"),
        SPLIT_PETS,
    ),
    "a copy of everything with another case": Layout(
        split_pets("New Pets(Augmented)/New Pets(Augmented)/train", "New Pets(Augmented)/New Pets(Augmented)/valid")
        | split_pets("new pets(augmented)/New Pets(Augmented)/train", "new pets(augmented)/New Pets(Augmented)/valid")
        | in_folders("test/test", count=3, ending="/Cat{}.JPG"),
        {"cat": (12, 4, 0), "dog": (12, 4, 0)},
    ),
    "test images next to all others": Layout(split_pets("images", "test_images"), SPLIT_PETS),
    "test images in a folder of another name": Layout(
        split_pets("pets/pets", "pets-test-set/pets-test-set"), SPLIT_PETS
    ),
    "splits of several folds": Layout(
        split_pets("fold_1/train", "fold_1/test") | split_pets("fold_2/train", "fold_2/test"),
        SPLIT_PETS,
        answers={"fold": "fold_2"},
    ),
    "class and split in one name": Layout(
        in_folders("cat_train", "dog_train") | in_folders("cat_test", "dog_test", count=2), SPLIT_PETS
    ),
    "words of other languages": Layout(split_pets("训练集", "测试集"), SPLIT_PETS),
    "Cyrillic words": Layout(split_pets("обучение", "тест"), SPLIT_PETS),
    "masks next to the splits": Layout(
        split_pets("train", "test") | in_folders("train_masks/cat", "train_masks/dog"), SPLIT_PETS
    ),
    "validation without classes in folders": Layout(
        in_folders("tiny-imagenet-200/train/n01443537/images", ending="/n01443537_{}.JPEG")
        | in_folders("tiny-imagenet-200/train/n01629819/images", ending="/n01629819_{}.JPEG")
        | in_folders("tiny-imagenet-200/val/images", count=4, ending="/val_{}.JPEG")
        | in_folders("tiny-imagenet-200/test/images", count=3, ending="/test_{}.JPEG"),
        {"goldfish": SPLIT, "European fire salamander": SPLIT},
        texts={
            "tiny-imagenet-200/wnids.txt": "n01443537\nn01629819\n",
            "tiny-imagenet-200/words.txt": "n00001740\tentity\nn01443537\tgoldfish, Carassius auratus\n"
            "n01629819\tEuropean fire salamander, Salamandra salamandra\n",
            "tiny-imagenet-200/train/n01443537/n01443537_boxes.txt": "n01443537_1.JPEG\t0\t10\t63\t58\n",
        },
        lists=annotations_of_tiny_imagenet,
    ),
}
