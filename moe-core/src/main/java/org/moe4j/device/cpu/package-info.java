/**
 * The CPU device: weights repacked into tiles whose lanes are output rows, Vector API kernels
 * beside their scalar twins, and a worker pool. Called through {@link org.moe4j.device.Device}
 * alone; {@code jdk.incubator.vector} is used here and nowhere else.
 */
@NullMarked
package org.moe4j.device.cpu;

import org.jspecify.annotations.NullMarked;
