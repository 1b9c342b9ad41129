package thaw.engine;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import thaw.kernels.Backend;
import thaw.kernels.reference.ReferenceBackend;

/** The reference backend, with a count of each operator's calls; one operator can be made to fail. */
public final class CountingBackend {

    private final Map<String, Integer> calls = new ConcurrentHashMap<>();
    private volatile String failing = "";
    private final Backend backend;

    private CountingBackend() {
        Backend reference = new ReferenceBackend();
        Class<?>[] types = {Backend.class};
        backend = (Backend) Proxy.newProxyInstance(Backend.class.getClassLoader(), types, (proxy, method, args) -> {
            calls.merge(method.getName(), 1, Integer::sum);
            if (method.getName().equals(failing)) {
                throw new IllegalStateException("made to fail: " + failing);
            }
            try {
                return method.invoke(reference, args);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        });
    }

    public static CountingBackend of() {
        return new CountingBackend();
    }

    public Backend backend() {
        return backend;
    }

    public int calls(String operator) {
        return calls.getOrDefault(operator, 0);
    }

    public void reset() {
        calls.clear();
    }

    /** Makes an operator throw from now on; the empty string ends this. */
    public void fail(String operator) {
        failing = operator;
    }
}
