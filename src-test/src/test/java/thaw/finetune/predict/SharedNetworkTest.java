package thaw.finetune.predict;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import thaw.engine.Device;
import thaw.resnet.ResNet;

/** The number of callers that compute at the same time. */
@Timeout(120)
class SharedNetworkTest {

    private static final int CALLERS = 4;
    private static final int SIDE = 8;
    private static final ClassifierOptions OPTIONS = Classifier.options().concurrency(CALLERS);

    private final Device device = Device.cpu(2);
    private final ExecutorService callers = Executors.newFixedThreadPool(CALLERS);

    @AfterEach
    void close() {
        callers.shutdown();
        device.close();
    }

    private SharedNetwork network(ClassifierOptions options) {
        return new SharedNetwork(ResNet.resnet20(device, 2), options);
    }

    @Test
    void callersWaitForEachOtherUntilKernelsAreCompiled() throws Exception {
        assumeFalse(device.isWarm(), "the Vector API is missing: run Java with --add-modules jdk.incubator.vector");
        SharedNetwork network = network(OPTIONS);
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        call(network, () -> {
            most.accumulateAndGet(inside.incrementAndGet(), Math::max);
            TimeUnit.MILLISECONDS.sleep(20);
            inside.decrementAndGet();
        });
        assertEquals(1, most.get());
        device.warmUp(false);
        call(network, () -> {});
        meet(network);
    }

    @Test
    void callersDoNotWaitWithoutAWarmUp() throws Exception {
        meet(network(OPTIONS.warmUp(WarmUp.NONE)));
    }

    private interface Work {
        void run() throws InterruptedException, BrokenBarrierException, TimeoutException;
    }

    /** All callers compute at the same time, or the barrier breaks. */
    private void meet(SharedNetwork network) throws Exception {
        CyclicBarrier all = new CyclicBarrier(CALLERS);
        call(network, () -> all.await(60, TimeUnit.SECONDS));
    }

    private void call(SharedNetwork network, Work work) throws Exception {
        var calls = IntStream.range(0, CALLERS).mapToObj(i -> callers.submit(() -> network.apply(new float[3 * SIDE * SIDE], SIDE, x -> {
            try {
                work.run();
            } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
                throw new IllegalStateException(e);
            }
            return x;
        }))).toList();
        for (var call : calls) {
            call.get();
        }
    }
}
