package thaw.engine;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import thaw.kernels.Backend;
import thaw.kernels.DeviceException;
import thaw.kernels.reference.ReferenceBackend;

/** The reference backend, or another, with a count of each operator's calls; one operator can be made to fail. */
public final class CountingBackend {

    private final Map<String, Integer> calls = new ConcurrentHashMap<>();
    private volatile String failing = "";
    private int lostAfter = Integer.MAX_VALUE;
    private int operatorCalls;
    private final Backend backend;

    private CountingBackend(Backend real) {
        Class<?>[] types = {Backend.class};
        backend = (Backend) Proxy.newProxyInstance(Backend.class.getClassLoader(), types, (proxy, method, args) -> {
            calls.merge(method.getName(), 1, Integer::sum);
            if (method.getName().equals(failing)) {
                throw new IllegalStateException("made to fail: " + failing);
            }
            // The interfaces that Backend extends have the operators.
            if (method.getDeclaringClass().isAssignableFrom(Backend.class) && method.getDeclaringClass() != Backend.class
                    && operatorCalls++ >= lostAfter) {
                throw new DeviceException("the device is lost", null);
            }
            try {
                return method.invoke(real, args);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        });
    }

    public static CountingBackend of() {
        return over(new ReferenceBackend());
    }

    public static CountingBackend over(Backend real) {
        return new CountingBackend(real);
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

    /** Makes the device be lost after some calls of methods that compute: these then throw a {@link DeviceException}. */
    public void loseAfter(int calls) {
        lostAfter = calls;
    }

    /** The calls of all operators. */
    public int operatorCalls() {
        return operatorCalls;
    }
}
