/* A number of three digits, of which the last two have the extents second and third. */
typedef struct {
    int k0, k1, k2;
} Digits;

Digits digits_of(int number, int second, int third) {
    Digits d;
    d.k2 = number % third;
    d.k1 = number / third % second;
    d.k0 = number / third / second;
    return d;
}

/* number + by, where step holds the digits of by; used in loops to avoid division. */
Digits advance(Digits d, Digits step, int second, int third) {
    d.k2 += step.k2;
    d.k1 += step.k1;
    d.k0 += step.k0;
    if (d.k2 >= third) {
        d.k2 -= third;
        d.k1++;
    }
    if (d.k1 >= second) {
        d.k1 -= second;
        d.k0++;
    }
    return d;
}
