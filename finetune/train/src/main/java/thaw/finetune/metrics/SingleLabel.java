package thaw.finetune.metrics;

/** A check for metrics that require exactly one class per image. */
final class SingleLabel {
    private SingleLabel() {
    }

    static void require(String metric, Predictions predictions) {
        if (predictions.labels().multiLabel()) {
            throw new IllegalArgumentException(metric + " requires images that show one class each; these may show several: use "
                    + "MultiLabelCounts");
        }
    }
}
