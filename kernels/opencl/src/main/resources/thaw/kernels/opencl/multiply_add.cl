/*
 * a*b + c, with one rounding where the device does that at full rate: FP_FAST_FMAF says so, or, for the drivers that do not
 * define it, an extension that all of NVIDIA's cards have, or for a CPU the compiler's own macros; elsewhere by the fastest way.
 */
#if defined(FP_FAST_FMAF) || defined(cl_nv_pragma_unroll) || defined(__FMA__) || defined(__ARM_FEATURE_FMA)
#define MULTIPLY_ADD fma
#else
#define MULTIPLY_ADD mad
#endif
