"""What nadi has in the words of others: names, units and messages of SenML, NGSI-LD and SensorThings."""
