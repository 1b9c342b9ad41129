/** Winograd's minimal filtering for 3×3 filters, with stride 1 and 2. */
@NullMarked
package thaw.kernels.cpu.winograd;

import org.jspecify.annotations.NullMarked;
