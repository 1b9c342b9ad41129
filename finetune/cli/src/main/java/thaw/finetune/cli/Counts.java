package thaw.finetune.cli;

/** Checks whole numbers given on the command line. */
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
