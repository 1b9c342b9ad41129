package thaw.kernels.reference;

import thaw.kernels.Backend;
import thaw.kernels.OperatorContract;

class ReferenceBackendTest extends OperatorContract {

    @Override
    protected Backend create() {
        return new ReferenceBackend();
    }
}
