"""What the machine offers."""

from threadpoolctl import threadpool_info

from imgcls.system import hardware


def blas_threads() -> list[int]:
    return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]


def test_matrices_are_multiplied_in_one_thread_within_the_block_only():
    before = blas_threads()
    with hardware.one_blas_thread():
        assert set(blas_threads()) <= {1}
    assert blas_threads() == before
