package thaw.kernels.cpu;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;

/** The processor as Java's compiler uses it, also where the Vector API is absent. */
final class Processor {

    /** The most common width, for Java virtual machines that don't tell theirs. */
    private static final int USUAL = 8;

    /** Floats in a vector of the Vector API: 4, 8 or 16. */
    static final int LANES = ModuleLayer.boot().findModule("jdk.management").isPresent() ? HotSpot.lanes() : USUAL;

    private Processor() {
    }

    /** A class of its own, because small runtimes lack the module that it links to. */
    private static final class HotSpot {

        private static int lanes() {
            HotSpotDiagnosticMXBean bean = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
            try {
                int bytes = Integer.parseInt(bean.getVMOption("MaxVectorSize").getValue());
                return Math.max(4, Math.min(16, bytes / Float.BYTES));
            } catch (IllegalArgumentException otherMachine) {
                return USUAL;
            }
        }
    }
}
