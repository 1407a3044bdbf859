// The core's main: a board whose clock moves with each look at it, and whose analog pins give a wave.
#include <Arduino.h>

SerialPort Serial;
static unsigned long clock_us;

unsigned long micros() { return clock_us += 1000; }
int analogRead(int pin) { return static_cast<int>(100.0 + 20.0 * sin(static_cast<double>(clock_us) * 1e-4 + pin)); }

int main(int count, char** words) {
    const long loops = count > 1 ? atol(words[1]) : 0;  // 0: until there is no more input
    setup();
    for (long i = 0; loops > 0 ? i < loops : Serial.available() > 0; ++i) loop();
    return 0;
}
