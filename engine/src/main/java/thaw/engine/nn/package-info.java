/** The layers of networks, with PyTorch's names, defaults and state dicts. */
@NullMarked
package thaw.engine.nn;

import org.jspecify.annotations.NullMarked;
