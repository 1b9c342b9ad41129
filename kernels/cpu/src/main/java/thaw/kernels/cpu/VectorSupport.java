package thaw.kernels.cpu;

import jdk.incubator.vector.FloatVector;
import thaw.kernels.cpu.microkernel.FusedMultiplyAdd;

/** Queries the Vector API about the hardware; to be loaded only where its module is present. */
final class VectorSupport {

    private VectorSupport() {
    }

    /**
     * Whether vectors are compiled to hardware instructions: by HotSpot's C2 compiler, at least 128 bits wide and with fused
     * multiply-adds. If not, or if compiled by C1 alone ({@code -XX:TieredStopAtLevel=1}, "emulated-client"), each vector is an object.
     */
    static boolean isFast() {
        String vm = System.getProperty("java.vm.name", "");
        String mode = System.getProperty("java.vm.info", "");
        boolean compiler = (vm.contains("HotSpot") || vm.contains("OpenJDK")) && vm.contains("Server VM")
                && !mode.contains("interpreted") && !mode.contains("emulated-client");
        return compiler && FusedMultiplyAdd.IS_FAST && FloatVector.SPECIES_PREFERRED.length() >= 4;
    }

    /** Floats in a vector. */
    static int lanes() {
        return FloatVector.SPECIES_PREFERRED.length();
    }
}
