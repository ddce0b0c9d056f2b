/** What an implementation of the API provides; callers of the library need nothing of it. */
@NullMarked
package org.moe4j.spi;

import org.jspecify.annotations.NullMarked;
