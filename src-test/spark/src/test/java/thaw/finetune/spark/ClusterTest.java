package thaw.finetune.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Test;

/** The cluster of the tests has two processes, neither of which is the driver. */
class ClusterTest {

    @Test
    void twoExecutorsCompute() {
        JavaSparkContext context = JavaSparkContext.fromSparkContext(Cluster.session().sparkContext());
        Set<Long> processes = new HashSet<>(context.parallelize(List.of(1, 2), 2).map(i -> {
            Thread.sleep(1000);
            return ProcessHandle.current().pid();
        }).collect());
        assertEquals(2, processes.size());
        assertFalse(processes.contains(ProcessHandle.current().pid()));
    }
}
