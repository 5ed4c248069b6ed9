// Package imagediff compares two pictures pixel by pixel, as a person would:
// what differs by less than the eye sees, and what is only the smoothing of
// edges, does not count.
//
// The measure is that of pixelmatch, to the pixel: the distance of two colours
// in the YIQ space (Y. Kotsarenko and F. Ramos, Measuring perceived color
// difference using YIQ NTSC transmission color space in mobile applications,
// 2010), and the detector of anti-aliased pixels by intensity slopes (V.
// Vyšniauskas, Anti-aliased Pixel and Intensity Slope Detector, 2009). People
// know what its thresholds mean, and its counts can be checked against it.
//
// The package knows no browser and no storage. Time and memory are bounded by
// the limits of its package png.
package imagediff
