/* a*b + c, with one rounding where the device does that at full rate, which FP_FAST_FMAF says; elsewhere by the fastest way. */
#ifdef FP_FAST_FMAF
#define MULTIPLY_ADD fma
#else
#define MULTIPLY_ADD mad
#endif
