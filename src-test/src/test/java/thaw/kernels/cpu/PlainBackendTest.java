package thaw.kernels.cpu;

import java.util.List;
import thaw.kernels.Backend;
import thaw.kernels.ReferenceAgreement;

/** The plain loops against the reference, with one thread and with more than there are cores. */
class PlainBackendTest extends ReferenceAgreement {

    @Override
    protected Backend create() {
        return CpuBackend.plain(2);
    }

    @Override
    protected List<Backend> createEquals() {
        return List.of(CpuBackend.plain(1), CpuBackend.plain(5));
    }
}
