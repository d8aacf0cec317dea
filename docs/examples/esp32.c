// A gateway on an ESP32 (ESP-IDF 5, esp-mqtt): a reading every 10 s, sent again until the broker has it.
#include <stdio.h>
#include <time.h>
#include "esp_event.h"
#include "esp_netif_sntp.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"
#include "mqtt_client.h"

#define CITY "3578"
#define GATEWAY "gw-mulyosari"
#define STATUS "nadi/v1/" CITY "/gateway/" GATEWAY "/status"
#define METER "nadi/v1/" CITY "/water/mulyosari/meter-07"

extern const char ca_pem[];       // the broker's authority
extern float read_flow(void);     // L/s
static uint32_t seq;              // keep it in NVS, so that it goes on after a restart

static void connected(void *arg, esp_event_base_t base, int32_t id, void *data) {
    esp_mqtt_client_publish(((esp_mqtt_event_handle_t)data)->client, STATUS, "online", 0, 1, 1);
}

void publish_readings(void) {  // after Wi-Fi is up
    esp_sntp_config_t clock = ESP_NETIF_SNTP_DEFAULT_CONFIG("id.pool.ntp.org");
    esp_netif_sntp_init(&clock);
    // No reading before the clock is right: nadi refuses 1970.
    while (esp_netif_sntp_sync_wait(pdMS_TO_TICKS(10000)) != ESP_OK) {}

    esp_mqtt_client_config_t config = {
        .broker = {.address.uri = "mqtts://broker.example:8883", .verification.certificate = ca_pem},
        .credentials = {.client_id = GATEWAY, .username = GATEWAY, .authentication.password = CONFIG_NADI_PASSWORD},
        .session = {.protocol_ver = MQTT_PROTOCOL_V_5, .disable_clean_session = true, .keepalive = 30,
                    .last_will = {.topic = STATUS, .msg = "offline", .qos = 1, .retain = 1}},
    };
    esp_mqtt_client_handle_t client = esp_mqtt_client_init(&config);
    esp_mqtt_client_register_event(client, MQTT_EVENT_CONNECTED, connected, NULL);
    esp_mqtt_client_start(client);

    for (TickType_t wake = xTaskGetTickCount();; vTaskDelayUntil(&wake, pdMS_TO_TICKS(10000))) {
        char payload[128];
        int length = snprintf(payload, sizeof payload,
                              "{\"ts\":%lld,\"values\":{\"flow\":%.3f},\"gw\":\"" GATEWAY "\",\"seq\":%lu}",
                              (long long)time(NULL), read_flow(), (unsigned long)++seq);
        // Queued where there is no connection, and sent again until the broker acknowledges.
        esp_mqtt_client_enqueue(client, METER, payload, length, 1, 0, true);
    }
}
