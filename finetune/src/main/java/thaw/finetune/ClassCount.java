package thaw.finetune;

/**
 * How one class fared.
 *
 * @param label   its name
 * @param correct images of it that were classified right
 * @param total   images of it
 */
public record ClassCount(String label, int correct, int total) {

    /** The share of its images that was classified right (recall), 0 to 1; NaN if there are none. */
    public double accuracy() {
        return total == 0 ? Double.NaN : (double) correct / total;
    }
}
