package thaw.kernels.cpu;

import jdk.incubator.vector.FloatVector;

/** Asks the Vector API about the hardware; to be touched only where its module is present. */
final class VectorSupport {

    private VectorSupport() {
    }

    /**
     * Whether vectors are done in hardware: by the C2 compiler of HotSpot, at least 128 bits at a time. Narrower or
     * interpreted, each vector becomes an object.
     */
    static boolean isFast() {
        String vm = System.getProperty("java.vm.name", "");
        String mode = System.getProperty("java.vm.info", "");
        boolean compiler = (vm.contains("HotSpot") || vm.contains("OpenJDK")) && vm.contains("Server VM")
                && !mode.contains("interpreted");
        return compiler && FloatVector.SPECIES_PREFERRED.length() >= 4;
    }
}
