package thaw.finetune.cli;

/** Whole numbers as they are given on a command line. */
final class Counts {

    private Counts() {
    }

    /** @throws Failure if the number is below {@code least} */
    static void require(String option, int value, int least) {
        if (value < least) {
            throw new Failure(option + ": expected at least " + least + ", got " + value);
        }
    }
}
