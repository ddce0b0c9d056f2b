/**
 * The demo model as a file on disk. Needs nothing but the JDK, so that the tests of any module may
 * use it.
 */
package org.moe4j.demo;
