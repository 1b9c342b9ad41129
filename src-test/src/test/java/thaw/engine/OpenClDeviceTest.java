package thaw.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import thaw.kernels.Shape;
import thaw.kernels.opencl.OpenClBackend;
import thaw.kernels.opencl.OpenClDevice;
import thaw.kernels.opencl.OpenClDevices;
import thaw.kernels.opencl.OpenClHere;

/** Selection of OpenCL devices by the engine. */
class OpenClDeviceTest {

    @Test
    void openClIsTheBestDeviceOrTheOneNamed() {
        OpenClHere.require();
        OpenClDevice best = OpenClDevices.best();
        for (Device made : new Device[] {Device.opencl(), Device.opencl(best.index())}) {
            try (Device device = made) {
                assertEquals("opencl, " + best.name(), device.description().replaceFirst(", \\d+ units?$", ""));
                assertEquals(6, device.ones(Shape.of(2, 3)).sum().item());
            }
        }
    }

    /** On CPUs, OpenCL is slower than the CPU backend. */
    @Test
    void autoNeverTakesAProcessorBehindOpenCl() {
        try (Device device = Device.open("auto", 1)) {
            if (device.backend() instanceof OpenClBackend opencl) {
                assertFalse(opencl.device().type() == OpenClDevice.Type.CPU, device::toString);
            } else {
                assertTrue(device.description().matches("cpu, .*, 1 thread"), device::toString);
            }
        }
    }
}
