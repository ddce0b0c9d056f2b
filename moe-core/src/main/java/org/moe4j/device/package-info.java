/**
 * What a device does for the decoder: hold weights and sequence state, and run a short list of
 * operations. Implementations live in packages and modules of their own and are found through
 * {@link java.util.ServiceLoader}.
 */
@NullMarked
package org.moe4j.device;

import org.jspecify.annotations.NullMarked;
