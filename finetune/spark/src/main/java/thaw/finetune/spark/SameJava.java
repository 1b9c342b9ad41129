package thaw.finetune.spark;

/**
 * The rule that executors run the driver's Java: between major versions the Vector API and {@code Math} may round differently, and a
 * result would depend on the executor that computed it.
 */
final class SameJava {
    private SameJava() {
    }

    /**
     * Checks an executor's JVM.
     *
     * @param driver   the driver's {@code Runtime.version().feature()}
     * @param executor that of the executor
     * @param host     the executor's host
     * @throws IllegalStateException if the two differ
     */
    static void require(int driver, int executor, String host) {
        if (executor != driver) {
            throw new IllegalStateException("the executor on " + host + " runs Java " + executor + ", the driver Java " + driver
                    + ", and results may differ between the two: set JAVA_HOME alike, or spark.executorEnv.JAVA_HOME");
        }
    }
}
