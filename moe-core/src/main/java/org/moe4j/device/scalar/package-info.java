/**
 * The scalar device: plain loops on one thread, the oracle that every other device is compared with
 * and the fall-back where none can be used. Called through {@link org.moe4j.device.Device} alone.
 */
@NullMarked
package org.moe4j.device.scalar;

import org.jspecify.annotations.NullMarked;
