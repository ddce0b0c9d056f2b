/** Small programs to copy from. Each has a {@code main} of its own and runs the demo model. */
@NullMarked
package org.moe4j.examples;

import org.jspecify.annotations.NullMarked;
