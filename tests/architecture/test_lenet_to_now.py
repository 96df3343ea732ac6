"""Pictures are halved, or refused where the numbers would come from two pictures."""

import silent

from cnnbook import lenet_to_now


def means(images):
    images = silent.floats(images)
    assert images.shape[1:3] == (28, 28)
    return sum(images[:, i::2, j::2] for i in (0, 1) for j in (0, 1)) / 4


test_no_mean_of_pixels_is_wrong_in_silence = silent.wrong_answers({
    "halves": (
        lambda x: lenet_to_now.halve(x).astype(float), means, silent.reals(4, 28, 28, 1)
    ),
})  # fmt: skip
