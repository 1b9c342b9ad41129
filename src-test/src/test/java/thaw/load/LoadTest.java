package thaw.load;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import thaw.Extent;

/** The beginning of the loads that {@code src-test/load/run} puts on a process: nothing is left of any of them. */
class LoadTest {

    @TempDir
    private Path folder;

    @Test
    void classifiersThatAreClosedLeaveNothing() throws Exception {
        try (ResourceCurve curve = new Load(folder).open(Extent.times(50, 300))) {
            System.out.println(curve.summary());
            curve.requireFlat();
        }
    }

    @Test
    void manyCallersGetTheSameAnswers() throws Exception {
        new Load(folder).predict(2).close();
    }
}
