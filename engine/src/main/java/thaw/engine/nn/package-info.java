/** The layers of networks, with PyTorch's names, defaults and state dicts. */
package thaw.engine.nn;
