package thaw.finetune.spark;

import org.apache.spark.sql.SparkSession;

/** A cluster of two executors with one core and 2 GiB each, in processes of their own, which all tests share. */
final class Cluster {
    private static final SparkSession SESSION = start();

    private Cluster() {
    }

    static SparkSession session() {
        return SESSION;
    }

    private static SparkSession start() {
        return SparkSession.builder().master("local-cluster[2,1,2048]").appName("thaw-spark tests")
                .config("spark.executor.memory", "2048m")
                .config("spark.executor.extraClassPath", System.getProperty("java.class.path"))
                .config("spark.ui.enabled", false)
                .config("spark.sql.shuffle.partitions", 2)
                .getOrCreate();
    }
}
