package thaw.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import thaw.engine.CountingBackend;

class RandomCallTest {

    /** Methods that describe, prepare or end a backend, and those that copy numbers from and to Java's arrays. */
    private static final Set<String> OTHERS = Set.of("description", "memory", "isAsynchronous", "profile", "setOperatorListener", "warmUp",
            "warmUpInBackground", "isWarm", "makeBatchInvariant", "close", "of", "read", "write");

    /** Every method of the contract that computes has a case, so that each backend is compared with the reference in it. */
    @Test
    void everyOperatorHasACase() {
        CountingBackend counting = CountingBackend.of();
        try (Backend backend = counting.backend()) {
            for (RandomCall call : RandomCall.values()) {
                try (Bench bench = new Bench(backend, 1)) {
                    call.results(bench, new RandomCall.RandomShapes(1, 3)).stream().filter(Objects::nonNull).forEach(Array::release);
                }
            }
        }
        List<String> left = Arrays.stream(Backend.class.getMethods()).map(Method::getName)
                .filter(name -> !OTHERS.contains(name) && counting.calls(name) == 0).toList();
        assertEquals(List.of(), left, "without a case in RandomCall; a method that computes nothing is named in OTHERS");
    }
}
