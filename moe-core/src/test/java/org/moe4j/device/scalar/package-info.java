/** Tests of the scalar device with numbers that a reader can check by hand. */
@NullMarked
package org.moe4j.device.scalar;

import org.jspecify.annotations.NullMarked;
